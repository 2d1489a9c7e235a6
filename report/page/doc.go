// Package page shows a result as text, Markdown or JUnit's XML.
//
// Reading guide: page.go has the model that stands between a result and its forms,
// text.go, markdown.go and junit.go the forms; the other files each make a section.
package page
