//! Reading a text, and what is wrong with it.

use std::collections::BTreeMap;

use super::ATTRIBUTES;
use super::Interpolate;
use super::Lookup;
use super::Piece;
use super::Selector;

/// Placeholders in placeholders are read so deep.
const DEEPEST: usize = 8;

type Parsed<T> = Result<T, String>;

impl Interpolate {
    /// Reads a text.
    ///
    /// # Errors
    /// What is wrong with it, naming the placeholder.
    pub fn parse(text: &str) -> Result<Self, String> {
        Ok(Self { pieces: pieces(text, 0)?, keywords: BTreeMap::new() })
    }
}

fn pieces(text: &str, depth: usize) -> Parsed<Vec<Piece>> {
    if depth > DEEPEST {
        return Err(format!("placeholders stand in each other more than {DEEPEST} deep"));
    }
    let mut pieces: Vec<Piece> = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        push(&mut pieces, before);
        rest = if let Some(rest) = after.strip_prefix('%') {
            push(&mut pieces, "%");
            rest
        } else if let Some(inside) = after.strip_prefix('(') {
            let end = closing(inside).ok_or_else(|| format!("`%({inside}` is not closed"))?;
            let (name, rest) = (&inside[..end], &inside[end + 1..]);
            let rest = rest.strip_prefix('s').ok_or_else(|| format!("`%({name})` lacks the `s` behind it"))?;
            pieces.push(placeholder(name, depth)?);
            rest
        } else {
            return Err(String::from("a `%` stands by itself; write `%%` for a percent sign"));
        };
    }
    push(&mut pieces, rest);
    Ok(pieces)
}

fn push(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        _ if text.is_empty() => {}
        Some(Piece::Text(last)) => last.push_str(text),
        _ => pieces.push(Piece::Text(text.to_owned())),
    }
}

/// Where the parenthesis closes that was opened before the text.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => return Some(at),
            b')' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn placeholder(inside: &str, depth: usize) -> Parsed<Piece> {
    let wrong = |what: &str| format!("`%({inside})s`: {what}");
    let (selector, rest) =
        inside.split_once(':').ok_or_else(|| wrong("expected a selector and a name, such as `prop:branch`"))?;
    let (from, rest) = match selector {
        "prop" => (Selector::Property, rest),
        "kw" => (Selector::Keyword, rest),
        "src" => {
            let parts = rest.split_once(':');
            let (codebase, rest) = parts.ok_or_else(|| wrong("expected `src:codebase:attribute`"))?;
            named(codebase).map_err(|what| wrong(&what))?;
            (Selector::Source(codebase.to_owned()), rest)
        }
        "secret" => return secret(rest).map_err(|what| wrong(&what)),
        _ => return Err(wrong(&format!("there is no selector `{selector}`, but prop, src, kw and secret"))),
    };
    let (name, modifier) = rest.split_once(':').unwrap_or((rest, "-"));
    named(name).map_err(|what| wrong(&what))?;
    if matches!(from, Selector::Source(_)) && !ATTRIBUTES.contains(&name) {
        return Err(wrong(&format!("a source stamp has no `{name}`, but {}", ATTRIBUTES.join(", "))));
    }
    let (empty_is_missing, there, missing) = choice(modifier).map_err(|what| wrong(&what))?;
    let there = there.map(|text| pieces(text, depth + 1)).transpose()?;
    let missing = pieces(missing, depth + 1)?;
    Ok(Piece::Lookup(Lookup { from, name: name.to_owned(), empty_is_missing, there, missing }))
}

/// Names are letters of any script, digits, `_`, `.` and `-`; the codebase may have none.
fn named(name: &str) -> Parsed<()> {
    let good = name.chars().all(|char| char.is_alphanumeric() || "_.-".contains(char));
    if good { Ok(()) } else { Err(format!("`{name}` is no name: letters, digits, `_`, `.` and `-` make one")) }
}

fn secret(name: &str) -> Parsed<Piece> {
    if name.contains(':') {
        return Err(String::from("a secret has no modifiers, because nobody looks at its value before it is sent"));
    }
    named(name)?;
    if name.is_empty() { Err(String::from("which secret?")) } else { Ok(Piece::Secret(name.to_owned())) }
}

/// What stands behind the second colon: whether the empty is missing, what is said where it is there, and where not.
fn choice(modifier: &str) -> Parsed<(bool, Option<&str>, &str)> {
    if let Some(other) = modifier.strip_prefix('-') {
        Ok((false, None, other))
    } else if let Some(other) = modifier.strip_prefix('~') {
        Ok((true, None, other))
    } else if let Some(text) = modifier.strip_prefix('+') {
        Ok((false, Some(text), ""))
    } else if let Some(both) = modifier.strip_prefix("#?") {
        halves(both).map(|(there, missing)| (true, Some(there), missing))
    } else if let Some(both) = modifier.strip_prefix('?') {
        halves(both).map(|(there, missing)| (false, Some(there), missing))
    } else {
        Err(format!("`:{modifier}` is no modifier; there are `:-`, `:~`, `:+`, `:?` and `:#?`"))
    }
}

/// Two texts, told apart by the character that stands before the first; in parentheses it separates nothing.
fn halves(both: &str) -> Parsed<(&str, &str)> {
    let expected = || String::from("expected two texts and what separates them, such as `:?|yes|no`");
    let separator = both.chars().next().ok_or_else(expected)?;
    if matches!(separator, '(' | ')') {
        return Err(String::from("a parenthesis separates nothing"));
    }
    let texts = &both[separator.len_utf8()..];
    let mut depth = 0_usize;
    for (at, char) in texts.char_indices() {
        match char {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if char == separator && depth == 0 => return Ok((&texts[..at], &texts[at + char.len_utf8()..])),
            _ => {}
        }
    }
    Err(expected())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, problem: &str) {
        assert_eq!(Interpolate::parse(text).expect_err("is wrong"), problem);
    }

    #[test]
    fn what_is_malformed() {
        check("100%", "a `%` stands by itself; write `%%` for a percent sign");
        check("%d", "a `%` stands by itself; write `%%` for a percent sign");
        check("%(prop:a", "`%(prop:a` is not closed");
        check("%(prop:a)", "`%(prop:a)` lacks the `s` behind it");
        check("%(prop:a)d", "`%(prop:a)` lacks the `s` behind it");
        check("%(branch)s", "`%(branch)s`: expected a selector and a name, such as `prop:branch`");
        check("%(env:a)s", "`%(env:a)s`: there is no selector `env`, but prop, src, kw and secret");
        check("%(src:revision)s", "`%(src:revision)s`: expected `src:codebase:attribute`");
        check(
            "%(src::hash)s",
            "`%(src::hash)s`: a source stamp has no `hash`, but branch, revision, repository, project, codebase",
        );
        check("%(prop:a b)s", "`%(prop:a b)s`: `a b` is no name: letters, digits, `_`, `.` and `-` make one");
        check("%(prop:a:b)s", "`%(prop:a:b)s`: `:b` is no modifier; there are `:-`, `:~`, `:+`, `:?` and `:#?`");
        check("%(prop:a:?)s", "`%(prop:a:?)s`: expected two texts and what separates them, such as `:?|yes|no`");
        check("%(prop:a:?|b)s", "`%(prop:a:?|b)s`: expected two texts and what separates them, such as `:?|yes|no`");
        check("%(prop:a:#?(b(c)s", "`%(prop:a:#?(b(c)s` is not closed");
        check("%(prop:a:?(b)c)s", "`%(prop:a:?(b)c)s`: a parenthesis separates nothing");
        check("%(prop:a:-%(b)s)s", "`%(b)s`: expected a selector and a name, such as `prop:branch`");
        check(
            "%(secret:a:-b)s",
            "`%(secret:a:-b)s`: a secret has no modifiers, because nobody looks at its value before it is sent",
        );
        check("%(secret:)s", "`%(secret:)s`: which secret?");
    }

    #[test]
    fn the_depth_is_bounded() {
        let nested = (0..20).fold(String::new(), |inner, _| format!("%(prop:a:-{inner})s"));
        check(&nested, "placeholders stand in each other more than 8 deep");
    }
}
