package load

import "github.com/kube-rehearse/rehearse/sim"

// mostTool is the most that a tool can hold: 1 TiB.
const mostTool = 1 << 40

// useTool lets a request wait for a tool, which takes its memory until then.
func (i *Instance) useTool(now sim.Time, r *request, in *instruction) {
	seconds := in.dist.Sample(i.drawFor(r))
	if in.output != nil {
		r.tool = int64(min(max(in.output.Sample(i.drawFor(r)), 0), mostTool))
	}
	i.work(now, r, seconds, in.cpu)
	if r.tool > 0 {
		i.tools += r.tool
		i.report(now)
	}
}

// dropTool takes the memory of the tool back that a request has used.
func (i *Instance) dropTool(now sim.Time, r *request) {
	if r.tool > 0 {
		i.tools -= r.tool
		r.tool = 0
		i.report(now)
	}
}
