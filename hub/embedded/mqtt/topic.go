package mqtt

import (
	"strings"
	"unicode/utf8"
)

// Match reports whether a topic filter selects a topic (MQTT 3.1.1 §4.7). A
// plus is a wildcard only as a whole level, a number sign only as the whole
// last level; everywhere else both are ordinary characters, because client ids
// that contain them turn up inside topics. A wildcard in the first level does
// not select topics that begin with a dollar sign.
func Match(filter, topic string) bool {
	if strings.HasPrefix(topic, "$") && (strings.HasPrefix(filter, "+") || strings.HasPrefix(filter, "#")) {
		return false
	}
	for {
		if filter == "#" {
			return true
		}
		wanted, moreFilter, filterGoesOn := strings.Cut(filter, "/")
		level, moreTopic, topicGoesOn := strings.Cut(topic, "/")
		if wanted != "+" && wanted != level {
			return false
		}
		if !topicGoesOn {
			// "a/#" selects its parent level "a" too.
			return !filterGoesOn || moreFilter == "#"
		}
		if !filterGoesOn {
			return false
		}
		filter, topic = moreFilter, moreTopic
	}
}

// validString reports whether s may travel as an MQTT string: valid UTF-8
// without the null character (MQTT 3.1.1 §1.5.3).
func validString(s string) bool {
	return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0
}

// validTopic reports whether s may be a topic or a filter: an MQTT string of
// at least one character (MQTT 3.1.1 §4.7.3).
func validTopic(s string) bool { return s != "" && validString(s) }
