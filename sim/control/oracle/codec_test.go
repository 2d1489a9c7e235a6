package oracle

import (
	"bytes"
	"encoding/binary"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/scheme"
)

// contentType is in which controllers and the API server talk: protobuf, as a real
// kube-controller-manager does.
const contentType = runtime.ContentTypeProtobuf

var serializer = protobuf.NewSerializer(scheme.Scheme, scheme.Scheme)

// encode is an object of this version as it goes over the wire.
func encode(o runtime.Object, version schema.GroupVersion) []byte {
	var data bytes.Buffer
	if err := scheme.Codecs.EncoderForVersion(serializer, version).Encode(o, &data); err != nil {
		panic(err)
	}
	return data.Bytes()
}

// event is a watch's event with an object that was encoded, behind its length.
func event(kind watch.EventType, object []byte) []byte {
	e := metav1.WatchEvent{Type: string(kind), Object: runtime.RawExtension{Raw: object}}
	data, err := e.Marshal()
	if err != nil {
		panic(err)
	}
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(data))), data...)
}

// decode reads an object in protobuf or JSON into one of its type.
func decode(data []byte, into runtime.Object) error {
	kinds, _, err := scheme.Scheme.ObjectKinds(into)
	if err == nil {
		_, _, err = scheme.Codecs.UniversalDeserializer().Decode(data, &kinds[0], into)
	}
	if err != nil {
		return apierrors.NewBadRequest(err.Error())
	}
	return nil
}

// decoded is a new object of the collection.
func (c *collection) decoded(data []byte) (runtime.Object, error) {
	o, err := scheme.Scheme.New(c.kind)
	if err != nil {
		return nil, err
	}
	return o, decode(data, o)
}
