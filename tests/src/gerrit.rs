//! How Gerrit behaves at its port for SSH, as far as its reporter sees it: a script for [`Sshd`](crate::Sshd).
//!
//! Versions differ in the options that a review takes: labels by name came with 2.6, tags with 2.13. What is not an
//! option ends the command before anything happened, as with Gerrit.
//!
//! A commit is the first patch set of change 12345, unless a line `commit change number` of the file `patch_sets` says
//! otherwise. Votes of a patch set hold on the next ones, as Gerrit can be told to.

/// `{version}` is the version, `{query}` what answers to a query.
const GERRIT: &str = r#"version='{version}'
major=${version%%.*}; rest=${version#*.}; minor=${rest%%.*}
since() { [ "$major" -gt "$1" ] || { [ "$major" -eq "$1" ] && [ "$minor" -ge "$2" ]; }; }
fatal() { echo "fatal: $1" >&2; exit 1; }
[ "$1" = gerrit ] || { echo "$1: not found" >&2; exit 127; }
shift
case $1 in
version)
    echo "gerrit version $version" ;;
review)
    shift; what=
    while [ $# -gt 0 ]; do
        case $1 in
        --project|-p|--message|-m|--notify|-n|--branch|-b) [ $# -gt 1 ] || fatal "option \"$1\" takes an operand"; shift ;;
        --label|-l) since 2 6 || fatal "\"$1\" is not a valid option"; shift ;;
        --tag|-t) since 2 13 || fatal "\"$1\" is not a valid option"; shift ;;
        --verified|--code-review) shift ;;
        -*) fatal "\"$1\" is not a valid option" ;;
        *) what=$1 ;;
        esac
        shift
    done
    [ -n "$what" ] || fatal "Argument \"{COMMIT | CHANGE,PATCHSET}\" is required"
    echo "$$" >> "$folder/reviews" ;;
query)
    shift
    exec python3 - "$folder" "$@" <<'END'
{query}
END
    ;;
*)
    echo "gerrit: $1: not found" >&2; exit 127 ;;
esac
"#;

/// The changes that a query is about, each in a line of JSON with the escapes that Gerrit makes, and then the statistics; of a
/// query that it does not take, an error and nothing else.
const QUERY: &str = r#"import getpass, json, os, sys
folder, words = sys.argv[1], sys.argv[2:]

def lines(name):
    path = os.path.join(folder, name)
    return open(path, encoding="utf-8").read().split("\n")[:-1] if os.path.exists(path) else []

def after(words, option):
    return [value for word, value in zip(words, words[1:]) if word == option]

def say(line):
    line = json.dumps(line, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&='":
        line = line.replace(sign, "\\u%04x" % ord(sign))
    print(line)

patch_sets = {commit: (change, number) for commit, change, number in map(str.split, lines("patch_sets"))}

def patch_set(revision):
    change, comma, number = revision.partition(",")
    return (change, number) if comma else patch_sets.get(revision, ("12345", "1"))

# By change: its project, comments and votes.
changes = {}
for process in lines("reviews"):
    review = open(os.path.join(folder, "words", process), encoding="utf-8").read().split("\0")[:-1]
    number, patch = patch_set(review[-1])
    change = changes.setdefault(number, {"project": after(review, "--project")[0], "comments": [], "votes": {}})
    votes = [label.rsplit("=", 1) for label in after(review, "--label")]
    votes += [["Verified", vote] for vote in after(review, "--verified")]
    change["votes"].update(votes)
    given = "".join(f" {label}{int(vote):+d}" for label, vote in votes)
    said = "".join("\n\n" + text.strip() for text in after(review, "--message"))
    comment = f"Patch Set {patch}:{given}{said}"
    change["comments"].append({"timestamp": 1, "reviewer": {"username": getpass.getuser()}, "message": comment})

def fits(number, change, term):
    key, colon, value = term.partition(":")
    if not colon:
        return number in (term, patch_set(term)[0])
    if key == "project":
        return change["project"] == value.strip("{}")
    if key == "change":
        return number == value
    if key == "commit":
        return number == patch_set(value)[0]
    if key == "label":
        vote, user = value.split(",user=")
        label, vote = vote.split("=")
        return user == getpass.getuser() and change["votes"].get(label) == vote
    say({"type": "error", "message": f"Unsupported operator {term}"})
    sys.exit(0)

terms = [word for word in words if not word.startswith("--")]
found = [(number, change) for number, change in changes.items() if all(fits(number, change, term) for term in terms)]
for number, change in found:
    comments = {"comments": change["comments"]} if "--comments" in words else {}
    say({"project": change["project"], "number": number} | comments)
say({"type": "stats", "rowCount": len(found), "runTimeMilliseconds": 3, "moreChanges": False})"#;

/// The behaviour of this version, such as `3.9.1`, for [`Sshd::behave`](crate::Sshd::behave).
pub fn gerrit(version: &str) -> String {
    GERRIT.replace("{version}", version).replace("{query}", QUERY)
}
