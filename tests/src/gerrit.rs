//! How Gerrit behaves at its port for SSH, as far as its reporter sees it: a script for [`Sshd`](crate::Sshd).
//!
//! Versions differ in the options that a review takes: labels by name came with 2.6, tags with 2.13. What is not an
//! option ends the command before anything happened, as with Gerrit.

/// `{}` is the version.
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
    cat "$folder/words/$$" >> "$folder/reviews" ;;
query)
    # What was reviewed so far, messages and tags; then the line with the count.
    [ ! -e "$folder/reviews" ] || tr '\0\n' '  ' < "$folder/reviews"
    echo '{"type":"stats","rowCount":1}' ;;
*)
    echo "gerrit: $1: not found" >&2; exit 127 ;;
esac
"#;

/// The behaviour of this version, such as `3.9.1`, for [`Sshd::behave`](crate::Sshd::behave).
pub fn gerrit(version: &str) -> String {
    GERRIT.replace("{version}", version)
}
