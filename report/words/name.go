package words

import "strings"

// InBrackets is a reason behind what it is for, nothing when there is none.
func InBrackets(reason string) string {
	if reason == "" {
		return ""
	}
	return " (" + reason + ")"
}

// Place is where a step stands in the scenario, file:line in brackets.
func Place(source string) string {
	if source == "" {
		return ""
	}
	return " (" + source + ")"
}

// Rollout says what is rolled out by what is new about the images: the
// tag when only that changed.
func Rollout(first bool, images, before []string) string {
	if first {
		return "first rollout"
	}
	var fresh []string
	for i, image := range images {
		if i < len(before) && before[i] == image {
			continue
		}
		if i < len(before) && Repository(before[i]) == Repository(image) {
			image = strings.TrimLeft(image[len(Repository(image)):], ":@")
		}
		fresh = append(fresh, image)
	}
	if len(fresh) == 0 {
		return "rollout"
	}
	return "rollout to " + strings.Join(fresh, ", ")
}

// Repository is an image's name without tag and digest.
func Repository(image string) string {
	name, _, _ := strings.Cut(image, "@")
	if colon := strings.LastIndex(name, ":"); colon > strings.LastIndex(name, "/") {
		return name[:colon]
	}
	return name
}
