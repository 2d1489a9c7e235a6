package drive

import (
	"reflect"
	"unsafe"
)

// Field is a field of the struct that of points to, exported or not, to be read
// and set. Tests put their own queues and recorders into controllers by it.
func Field(of any, name string) reflect.Value {
	v := reflect.ValueOf(of).Elem().FieldByName(name)
	return reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem()
}

// Get reads a field.
func Get[T any](of any, name string) T { return Field(of, name).Interface().(T) }

// Set sets a field, whose type may be an interface that T implements.
func Set[T any](of any, name string, to T) { Field(of, name).Set(reflect.ValueOf(&to).Elem()) }
