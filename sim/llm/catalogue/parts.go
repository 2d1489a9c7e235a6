package catalogue

// Parts are the parameters of a model by what is done with them, over all layers
// and GPUs.
type Parts struct {
	// Attention is the projections; Dense is MLPs that work on every token,
	// shared experts included.
	Attention, Dense float64
	// Expert is one expert, of all layers that have experts.
	Expert float64
	// Output is the matrix of the logits, Embedding that of the input.
	Output, Embedding float64
	// MoELayers have experts.
	MoELayers int
}

func (m *Model) moeLayers() int {
	if m.Experts == 0 {
		return 0
	}
	return (m.Layers - m.FirstDense) / max(1, m.MoEEvery)
}

// attentionLayers have a cache that grows with the context.
func (m *Model) attentionLayers() int {
	if m.AttentionLayers > 0 {
		return m.AttentionLayers
	}
	return m.Layers
}

// attention is the projections of one layer.
func (m *Model) attention() float64 {
	hidden, heads := float64(m.Hidden), float64(m.Heads)
	if m.KVRank > 0 {
		query := hidden * heads * float64(m.NopeDim+m.RopeDim)
		if m.QRank > 0 {
			query = float64(m.QRank) * (hidden + heads*float64(m.NopeDim+m.RopeDim))
		}
		return query + hidden*float64(m.KVRank+m.RopeDim) +
			float64(m.KVRank)*heads*float64(m.NopeDim+m.ValueDim) + heads*float64(m.ValueDim)*hidden
	}
	return hidden * float64(m.HeadDim) * (2*heads + 2*float64(m.KVHeads))
}

// Parts counts the parameters.
func (m *Model) Parts() (p Parts) {
	hidden, matrices := float64(m.Hidden), float64(m.MLPMatrices)
	p.MoELayers = m.moeLayers()
	p.Attention = float64(m.Layers) * m.attention()
	p.Dense = float64(m.Layers-p.MoELayers) * matrices * hidden * float64(m.Intermediate)
	shared := m.SharedIntermediate
	if shared == 0 {
		shared = m.SharedExperts * m.ExpertIntermediate
	}
	p.Dense += float64(p.MoELayers) * (matrices*hidden*float64(shared) + hidden*float64(m.Experts))
	p.Expert = float64(p.MoELayers) * matrices * hidden * float64(m.ExpertIntermediate)
	p.Output = hidden * float64(m.Vocab)
	if !m.Tied {
		p.Embedding = p.Output
	}
	if m.TotalBillions > 0 {
		p.stated(m)
	}
	return p
}

// stated makes the sums those that the publisher gives.
func (p *Parts) stated(m *Model) {
	total, active := m.TotalBillions*1e9, m.ActiveBillions*1e9
	if m.Experts > m.ExpertsPerToken && active > 0 {
		p.Expert = (total - active) / float64(m.Experts-m.ExpertsPerToken)
		total = active - p.Expert*float64(m.ExpertsPerToken)
	} else {
		total -= p.Expert * float64(m.Experts)
	}
	p.Dense = max(0, total-p.Attention-p.Output-p.Embedding)
}

// Total is all parameters.
func (m *Model) Total() float64 {
	p := m.Parts()
	return p.Attention + p.Dense + p.Expert*float64(m.Experts) + p.Output + p.Embedding
}

// Active is the parameters that work on a token, with both embeddings.
func (m *Model) Active() float64 {
	p := m.Parts()
	return p.Attention + p.Dense + p.Expert*float64(m.ExpertsPerToken) + p.Output + p.Embedding
}

// PerParameter is the bytes of a parameter of attention, of dense MLPs, and of
// experts. Embeddings have 16 bits.
func (m *Model) PerParameter() (attention, dense, expert float64) {
	b := m.Weights.Bytes()
	switch m.Weights {
	case FP8MLP:
		return 2, b, b
	case MXFP4:
		return 2, 2, b
	}
	return b, b, b
}

// WeightBytes is what the weights take, over all GPUs.
func (m *Model) WeightBytes() float64 {
	p := m.Parts()
	attention, dense, expert := m.PerParameter()
	return p.Attention*attention + p.Dense*dense + p.Expert*float64(m.Experts)*expert + (p.Output+p.Embedding)*2
}

// KVBytes is what one token takes of the cache, over all layers, each key and
// value kept once.
func (m *Model) KVBytes() float64 {
	return float64(m.attentionLayers()) * m.KVBytesOfLayer()
}

// KVBytesOfLayer is that of one layer with attention.
func (m *Model) KVBytesOfLayer() float64 {
	if m.KVRank > 0 {
		return float64(m.KVRank+m.RopeDim) * m.KV.Bytes()
	}
	return 2 * float64(m.KVHeads*m.HeadDim) * m.KV.Bytes()
}

// FullLayers have attention over the whole context, WindowLayers over Window
// tokens.
func (m *Model) FullLayers() int { return m.attentionLayers() - m.WindowLayers() }

// WindowLayers have attention over Window tokens.
func (m *Model) WindowLayers() int {
	if m.Window == 0 {
		return 0
	}
	return min(m.WindowedLayers, m.attentionLayers())
}

// QueryWidth is the width of all query heads of a layer, in which pairs of
// tokens are multiplied: once for the score, and once for the value.
func (m *Model) QueryWidth() float64 {
	if m.KVRank > 0 {
		return float64(m.Heads) * float64(m.NopeDim+m.RopeDim+m.ValueDim) / 2
	}
	return float64(m.Heads * m.HeadDim)
}
