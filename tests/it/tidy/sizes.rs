//! Sizes: what fits on a few screens gets read.

use super::Offence;
use super::obeyed;
use super::rust;
use super::source::Source;
use super::source::has_word;

const LONGEST_FILE: usize = 500;
const NINE_OF_TEN_FILES: usize = 300;
const LONGEST_FUNCTION: usize = 80;

#[test]
fn files_are_short() {
    let sources = rust();
    let long = sources.iter().filter(|source| lines(source) > LONGEST_FILE);
    let offence =
        |s: &Source| Offence { file: s.path.clone(), line: LONGEST_FILE, what: format!("{} lines", lines(s)) };
    let rule = format!("a file has at most {LONGEST_FILE} lines without its inline tests");
    obeyed(&rule, long.map(offence).collect());

    let mut sizes: Vec<_> = sources.iter().map(lines).collect();
    sizes.sort_unstable();
    let ninetieth = sizes[sizes.len() * 9 / 10];
    assert!(
        ninetieth <= NINE_OF_TEN_FILES,
        "nine of ten files have at most {NINE_OF_TEN_FILES} lines, not {ninetieth}"
    );
}

#[test]
fn functions_are_short() {
    let mut offences = Vec::new();
    // A test may be a long table of data.
    for source in rust().into_iter().map(Source::without_tests) {
        for (line, name, length) in functions(&source.code) {
            if length > LONGEST_FUNCTION {
                offences.push(Offence {
                    file: source.path.clone(),
                    line,
                    what: format!("`{name}` has {length} lines"),
                });
            }
        }
    }
    obeyed(&format!("a function has at most {LONGEST_FUNCTION} lines"), offences);
}

fn lines(source: &Source) -> usize {
    source.before_tests().lines().count()
}

/// The line, name and length of each function that has a body.
fn functions(code: &str) -> Vec<(usize, String, usize)> {
    let mut found = Vec::new();
    let mut before = 0;
    for (index, line) in code.lines().enumerate() {
        let rest = &code[before..];
        before += line.len() + 1;
        if !has_word(line, "fn") {
            continue;
        }
        let Some((_, declared)) = line.split_once("fn ") else { continue };
        let name: String = declared.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        // Without a name it is the type of a function pointer.
        if let Some(length) = body_lines(rest).filter(|_| !name.is_empty()) {
            found.push((index + 1, name, length));
        }
    }
    found
}

/// The lines from the start of `code` to the end of the first braces; nothing when a `;` comes before them.
fn body_lines(code: &str) -> Option<usize> {
    let (mut depth, mut lines, mut brackets) = (0usize, 1, 0usize);
    for c in code.chars() {
        match c {
            '\n' => lines += 1,
            // `[u8; 4]` in a signature ends nothing.
            '[' => brackets += 1,
            ']' => brackets = brackets.saturating_sub(1),
            ';' if depth == 0 && brackets == 0 => return None,
            '{' => depth += 1,
            '}' if depth <= 1 => return Some(lines),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[test]
fn functions_are_found() {
    let code = "fn a(x: [u8; 2]) {\n  if x {\n  }\n}\ntrait T {\n  fn b();\n}\nconst F: fn (u8) = c;\nfn d() {}\n";
    let found: Vec<_> =
        functions(code).into_iter().map(|(line, name, length)| format!("{line} {name} {length}")).collect();
    assert_eq!(found, ["1 a 4", "9 d 1"]);
}
