package deploy

import "strings"

// function is what a template function does with its arguments.
type function int

const (
	unknown  function = iota // may do anything
	includes                 // executes a template
	collects                 // dict: its value holds its arguments
	picks                    // its value is a part of the first argument
	passes                   // its value is, or holds, its arguments
	tests                    // its value says nothing of what is inside its arguments
	pure                     // its value is made of all that is inside its arguments
	changing                 // comes out different each time, or reads the cluster
)

// functions are those that Helm's engine has: text/template's, sprig's and its own.
// Those that are not here may write into their arguments (set, merge, and sortAlpha,
// which sorts a list of strings in place) or execute any text (tpl).
var functions = classes(map[function]string{
	includes: "include",
	collects: "dict",
	picks:    "get index dig",
	passes: "list tuple default ternary coalesce and or first last rest initial append prepend push concat chunk pluck deepCopy required without compact uniq reverse " +
		"mustFirst mustLast mustRest mustInitial mustAppend mustPrepend mustPush mustDeepCopy mustWithout mustCompact mustUniq mustReverse",
	tests: "not empty hasKey kindIs kindOf typeIs typeOf typeIsLike len eq ne",
	pure: `print printf println html js urlquery lt le gt ge slice
		abbrev abbrevboth trunc trim upper lower title untitle substr repeat trimall trimAll trimSuffix trimPrefix nospace initials
		swapcase snakecase camelcase kebabcase wrap wrapWith contains hasPrefix hasSuffix quote squote cat indent nindent replace plural
		sha1sum sha256sum sha512sum adler32sum toString atoi int64 int float64 seq toDecimal split splitList splitn toStrings until untilStep
		add1 add sub div mod mul add1f addf subf divf mulf biggest max min maxf minf ceil floor round join
		fromJson toJson toPrettyJson toRawJson mustFromJson mustToJson mustToPrettyJson mustToRawJson deepEqual
		base dir clean ext isAbs osBase osClean osDir osExt osIsAbs b64enc b64dec b32enc b32dec pick omit has mustHas mustSlice all any
		semver semverCompare fail regexMatch mustRegexMatch regexFindAll mustRegexFindAll regexFind mustRegexFind
		regexReplaceAll mustRegexReplaceAll regexReplaceAllLiteral mustRegexReplaceAllLiteral regexSplit mustRegexSplit regexQuoteMeta
		urlParse urlJoin duration durationRound toToml fromToml toYaml toYamlPretty fromYaml fromYamlArray fromJsonArray`,
	changing: `now date dateInZone date_in_zone dateModify date_modify ago htmlDate htmlDateInZone unixEpoch
		randAlphaNum randAlpha randAscii randNumeric randInt randBytes shuffle uuidv4 bcrypt htpasswd
		genPrivateKey genCA genCAWithKey genSelfSignedCert genSelfSignedCertWithKey genSignedCert genSignedCertWithKey
		encryptAES keys values lookup getHostByName`,
})

func classes(names map[function]string) map[string]function {
	out := map[string]function{}
	for kind, list := range names {
		for _, name := range strings.Fields(list) {
			out[name] = kind
		}
	}
	return out
}
