package embedded

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"twindeck/hub/embedded/mqtt"
	"twindeck/hub/embedded/registry"
	"twindeck/hub/embedded/rest"
)

// assumption is one question that the public documents of the service leave open, with its answers.
type assumption struct {
	name    string
	about   string
	answers []string                               // the first is the default; nil: no fixed words
	usual   string                                 // stands for the answers in the help where they are no words
	set     func(o *Options, answer string) error  // for answers that are no words
	choose  func(o *Options, choice int, yes bool) // yes: not the default
}

// assumptions are in the order of help.
var assumptions = []assumption{
	{
		name: "put-missing", about: "tags or desired properties that a PUT of a twin does not have", answers: []string{"empty", "keep"},
		choose: func(o *Options, _ int, yes bool) { o.Twins.PutKeepsMissing = yes },
	}, {
		name: "patch-null", about: "tags or desired properties that are null in a PATCH", answers: []string{"clear", "refuse", "ignore"},
		choose: func(o *Options, choice int, _ bool) { o.Twins.NullSection = registry.NullSection(choice) },
	}, {
		name: "patch-empty", about: "a PATCH without tags and desired properties", answers: []string{"nothing", "write"},
		choose: func(o *Options, _ int, yes bool) { o.Twins.EmptyPatchWrites = yes },
	}, {
		name: "sizes", about: "measure of tags and properties: formula of the docs, or bytes of JSON", answers: []string{"docs", "json"},
		choose: func(o *Options, choice int, _ bool) { o.Twins.SizeRule = registry.SizeRule(choice) },
	}, {
		name: "ids", about: "colon and semicolon in ids: allowed, or not", answers: []string{"wide", "narrow"},
		choose: func(o *Options, _ int, yes bool) { o.Twins.NarrowIDs = yes },
	}, {
		name: "module-capabilities", about: "capabilities in the twins of modules", answers: []string{"no", "yes"},
		choose: func(o *Options, _ int, yes bool) { o.Twins.ModuleCapabilities = yes },
	}, {
		name: "module-updated", about: "$lastUpdated of a module's properties before the first write", answers: []string{"never", "created"},
		choose: func(o *Options, _ int, yes bool) { o.Twins.ModuleTwinCreated = yes },
	}, {
		name: "thumbprint-names", about: "primaryThumbprint or PrimaryThumbprint in twins that have one", answers: []string{"small", "capital"},
		choose: func(o *Options, _ int, yes bool) { o.Twins.ThumbprintCapitals = yes },
	}, {
		name: "gone-connections", about: "connections of deleted and disabled identities", answers: []string{"close", "keep"},
		choose: func(o *Options, _ int, yes bool) { o.Gateway.KeepConnections = yes },
	}, {
		name: "gone-code", about: "CONNACK code for deleted and disabled identities", answers: []string{"5", "1", "2", "3", "4"},
		choose: func(o *Options, choice int, _ bool) {
			o.Gateway.UnknownIdentityCode = mqtt.NotAuthorized
			if choice > 0 {
				o.Gateway.UnknownIdentityCode = mqtt.ReturnCode(choice)
			}
		},
	}, {
		name: "notification-qos", about: "highest QoS of desired-property notifications", answers: []string{"0", "1"},
		choose: func(o *Options, _ int, yes bool) { o.Gateway.AcknowledgedNotifications = yes },
	}, {
		name: "unsubscribed", about: "twin requests before the subscription to answers: not answered, or answered", answers: []string{"silent", "answer"},
		choose: func(o *Options, _ int, yes bool) { o.Gateway.AnswerUnsubscribed = yes },
	}, {
		name: "unknown-topics", about: "PUBLISH and SUBSCRIBE to topics that the hub does not have", answers: []string{"close", "ignore"},
		choose: func(o *Options, _ int, yes bool) { o.Gateway.IgnoreUnknownTopics = yes },
	}, {
		name: "query-page", about: "results of a page when the client does not say: 100 unless set", usual: "NUMBER",
		set: func(o *Options, answer string) (err error) {
			o.Queries.PageSize, err = positive(answer)
			return err
		},
	}, {
		name: "query-page-max", about: "most results of a page: 100 unless set", usual: "NUMBER",
		set: func(o *Options, answer string) (err error) {
			o.Queries.MaxPageSize, err = positive(answer)
			return err
		},
	}, {
		name: "not-missing", about: "NOT over a comparison with a missing attribute: matches, or does not", answers: []string{"match", "nothing"},
		choose: func(o *Options, _ int, yes bool) { o.Queries.Dialect.StrictNot = yes },
	}, {
		name: "contains", about: "the function CONTAINS in queries", answers: []string{"no", "yes"},
		choose: func(o *Options, _ int, yes bool) { o.Queries.Dialect.Contains = yes },
	}, {
		name: "aggregate-names", about: "names of aggregates without AS: $1 or COUNT", answers: []string{"number", "function"},
		choose: func(o *Options, _ int, yes bool) { o.Queries.Dialect.NamedAggregates = yes },
	}, {
		name: "bulk-errors", about: "errorCode in the result of a bulk request", answers: []string{"number", "name"},
		choose: func(o *Options, _ int, yes bool) { o.Protocol.BulkErrorNames = yes },
	}, {
		name: "api-versions", about: "versions that are accepted: all that are dates, or a list", usual: "any|VERSION,VERSION…",
		set: func(o *Options, answer string) error {
			if answer == "any" {
				o.Protocol.APIVersions = nil
				return nil
			}
			o.Protocol.APIVersions = strings.Split(answer, ",")
			if !rest.ValidAPIVersions(o.Protocol.APIVersions) {
				return errors.New("it wants any, or versions such as 2021-04-12,2020-09-30")
			}
			return nil
		},
	}, {
		name: "api-version-missing", about: "requests without a version", answers: []string{"refuse", "accept"},
		choose: func(o *Options, _ int, yes bool) { o.Protocol.MissingAPIVersion = yes },
	}, {
		name: "timeout-body", about: "form of the error when a direct method is not answered", answers: []string{"classic", "flat", "nested"},
		choose: func(o *Options, choice int, _ bool) { o.Protocol.TimeoutShape = registry.Shape(choice) },
	},
}

func positive(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxPage {
		return 0, fmt.Errorf("it wants a number from 1 to %d", maxPage)
	}
	return n, nil
}

// maxPage bounds what one answer to a query can be made to hold.
const maxPage = 10_000

// Assume sets the option that text, NAME=VALUE, describes; AssumptionsHelp lists them. Where the
// public documents of the service leave something open, that is how a command chooses. The error
// is one sentence, and after it nothing has changed.
func (o *Options) Assume(text string) error {
	name, answer, _ := strings.Cut(text, "=")
	i := slices.IndexFunc(assumptions, func(a assumption) bool { return a.name == name })
	if i < 0 {
		return fmt.Errorf("there is nothing to assume that is called %q; the help lists the names", name)
	}
	a, changed := assumptions[i], *o
	if a.set != nil {
		if err := a.set(&changed, answer); err != nil {
			return fmt.Errorf("the assumption %q is not understood: %w", text, err)
		}
		*o = changed
		return nil
	}
	choice := slices.Index(a.answers, answer)
	if choice < 0 {
		return fmt.Errorf("the assumption %q is not understood: it wants %s", text, a.words())
	}
	a.choose(o, choice, choice > 0)
	return nil
}

// words lists the answers, of which there are two or more.
func (a assumption) words() string {
	last := len(a.answers) - 1
	return strings.Join(a.answers[:last], ", ") + " or " + a.answers[last]
}

// AssumptionsHelp describes what Assume reads, for the help of a command.
func AssumptionsHelp() string {
	var help strings.Builder
	help.WriteString("What the documents of the service leave open can be assumed, NAME=VALUE; the first value is the default:\n\n")
	for _, a := range assumptions {
		fmt.Fprintf(&help, "  %s=%s\n%26s%s\n", a.name, cmp.Or(strings.Join(a.answers, "|"), a.usual), "", a.about)
	}
	return strings.TrimSuffix(help.String(), "\n")
}
