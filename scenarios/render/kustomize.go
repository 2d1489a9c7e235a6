package render

import (
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"
)

// Build makes the manifests of a kustomization as `kubectl kustomize` does: with the
// load restrictor of its root, and without plug-ins.
func Build(files Files, folder string) (texts []Text, warnings []string, err error) {
	root, err := files.Absolute(folder)
	if err != nil {
		return nil, nil, err
	}
	tree := &fileSystem{files: files, root: root, shown: folder, written: map[string][]byte{}}
	warnings = alone(func() {
		var objects resmap.ResMap
		objects, err = krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(tree, root)
		if tree.fault != nil { // which kustomize tells in words of its own
			err = tree.fault
		}
		if err != nil {
			err = tree.tell(err)
			return
		}
		texts, err = tree.texts(objects)
	})
	return texts, warnings, err
}

// tell is an error of kustomize as a fault of the folder, its paths as a person names
// them.
func (t *fileSystem) tell(err error) error {
	if err == t.fault {
		return err
	}
	text := strings.NewReplacer(t.root+"/", t.shown+"/", t.root, t.shown,
		filepath.Dir(t.root)+"/", filepath.Join(t.shown, "..")+"/").Replace(err.Error())
	return Fault{File: t.file, Message: "must be built by kustomize: " + shorten(text)}
}

// texts are the objects, each with the text of its base.
func (t *fileSystem) texts(objects resmap.ResMap) ([]Text, error) {
	var list []Text
	for _, o := range objects.Resources() {
		text := Text{File: t.file, From: 1}
		origin, err := o.GetOrigin()
		if err == nil && origin != nil {
			text.File, text.Written, text.From = t.place(o, origin)
		}
		if err := t.clean(o); err != nil {
			return nil, Fault{File: t.file, Message: err.Error()}
		}
		if text.Data, err = o.AsYAML(); err != nil {
			return nil, Fault{File: t.file, Message: err.Error()}
		}
		if text.Written == nil { // of a generator
			text.Written = []byte("{}")
		}
		list = append(list, text)
	}
	return list, nil
}

// clean takes away the annotation that says where an object comes from, unless the
// kustomization asks for it.
func (t *fileSystem) clean(o *resource.Resource) error {
	if t.keepsOrigins {
		return nil
	}
	return o.SetOrigin(nil)
}

// place is where an object was written before kustomize changed it.
func (t *fileSystem) place(o *resource.Resource, origin *resource.Origin) (file string, written []byte, from int) {
	if origin.Path == "" {
		if origin.ConfiguredIn == "" {
			return t.file, nil, 1
		}
		return filepath.Join(t.shown, origin.ConfiguredIn), nil, 1
	}
	file = filepath.Join(t.shown, origin.Path)
	data := t.written[filepath.Join(t.root, origin.Path)]
	if real, err := t.files.Absolute(file); err == nil && data == nil {
		data = t.written[real]
	}
	written, from = documentOf(data, o.GetKind(), o.GetName())
	return file, written, from
}
