//! A Rust file with comments and texts blanked, so that a word found in it is code.
//!
//! Not a parser: it knows comments, literals and braces, which is enough for what the rules ask.

/// Lines and columns are those of the file.
pub(super) struct Source {
    /// From the root of the tree.
    pub(super) path: String,
    pub(super) text: String,
    /// The text, blanked.
    pub(super) code: String,
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned(), code: blank(text) }
    }

    /// The code before the inline tests.
    pub(super) fn before_tests(&self) -> &str {
        let tests =
            self.code.match_indices("#[cfg(test)]").map(|(at, _)| at).find(|&at| opens_module(&self.code[at..]));
        &self.code[..tests.unwrap_or(self.code.len())]
    }

    /// The same file without its tests.
    pub(super) fn without_tests(self) -> Self {
        let code = if self.is_test() { String::new() } else { self.before_tests().to_owned() };
        Self { code, ..self }
    }

    /// Whether all of it is test.
    fn is_test(&self) -> bool {
        self.path.starts_with("tests/") || self.path.contains("/tests/") || self.path.ends_with("/tests.rs")
    }

    /// Whether its path begins with one of these.
    pub(super) fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path.starts_with(place))
    }
}

/// `mod tests {` is the end of what is shipped, `mod tests;` is not.
fn opens_module(code: &str) -> bool {
    let item = code.trim_start_matches("#[cfg(test)]").trim_start();
    item.starts_with("mod ") && item.find(['{', ';']).is_some_and(|at| item[at..].starts_with('{'))
}

/// Whether `word` stands in `line` on its own, not as a part of another.
pub(super) fn has_word(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

/// Puts spaces in place of comments and of what stands in quotes.
fn blank(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let skipped = comment(rest).or_else(|| literal(rest, code.chars().next_back())).unwrap_or(0);
        if skipped == 0 {
            let one = rest.chars().next().map_or(1, char::len_utf8);
            code.push_str(&rest[..one]);
            rest = &rest[one..];
        } else {
            code.extend(rest[..skipped].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = &rest[skipped..];
        }
    }
    code
}

/// The length of the comment that `text` begins with.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if !text.starts_with("/*") {
        return None;
    }
    let (mut depth, mut at) = (0, 0);
    loop {
        let step = &text[at..];
        match () {
            () if step.starts_with("/*") => (depth, at) = (depth + 1, at + 2),
            () if step.starts_with("*/") => (depth, at) = (depth - 1, at + 2),
            () => at += step.chars().next().map_or(1, char::len_utf8),
        }
        if depth == 0 || at >= text.len() {
            return Some(at.min(text.len()));
        }
    }
}

/// The length of the text or character that `text` begins with, after the character `before`.
fn literal(text: &str, before: Option<char>) -> Option<usize> {
    let in_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let prefix = ["br", "cr", "b", "c", "r", ""].into_iter().find(|prefix| {
        let quoted = text.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(['"', '#', '\'']));
        quoted && (prefix.is_empty() || !in_word)
    })?;
    let rest = &text[prefix.len()..];
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    let length = match rest[hashes..].chars().next() {
        Some('"') if prefix.ends_with('r') => {
            let close = format!("\"{}", "#".repeat(hashes));
            rest[hashes + 1..].find(&close).map(|at| hashes + 1 + at + close.len())
        }
        Some('"') if hashes == 0 => closing(rest, '"'),
        Some('\'') if hashes == 0 => closing(rest, '\'').filter(|_| is_char(rest)),
        _ => None,
    }?;
    Some(prefix.len() + length)
}

/// The length of the literal up to its unescaped closing `quote`.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// `'a'` and `'\n'` are characters, `'a` is a lifetime.
fn is_char(text: &str) -> bool {
    let mut chars = text.chars().skip(1);
    chars.next() == Some('\\') || chars.next() == Some('\'')
}

#[test]
fn comments_and_texts_are_blanked() {
    let blanked = |text: &str| blank(text).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(blanked(r#"a("x // y", 'b', "\"z") // c"#), "a( , , )");
    assert_eq!(blanked("fn f<'a>(x: &'a str) /* { /* } */ */ {}"), "fn f<'a>(x: &'a str) {}");
    assert_eq!(blanked(r####"r#"a "b" c"# + br"d" + for_r"e""####), "+ + for_r");
    assert_eq!(blanked(r"match c { '\'' | '{' => '\\', _ => b'x' }"), "match c { | => , _ => }");
    assert_eq!(blanked("#[derive(A)] struct r#type;"), "#[derive(A)] struct r#type;");
    assert_eq!(blank("/* ä\n */x").lines().nth(1), Some("   x"));
}
