//! Words of a command come out on the far side as they went in, whatever stands in them.

use super::Client;
use super::check;
use super::sshd;
use campanile::model::*;
use campanile_tests::Sshd;
use std::fs;

/// What somebody might write into a message, a project or a branch.
const NASTY: &[&str] = &[
    "",
    " ",
    "a b",
    " lead",
    "trail ",
    "two  spaces",
    "\t",
    "a\tb",
    "\n",
    "a\nb",
    "a\r\nb",
    "\n\n",
    "\u{1}\u{7}\u{1b}[31m",
    "'",
    "''",
    "'''",
    "it's",
    "\"",
    "\"a\"",
    "'\"'\"'",
    "\\",
    "\\\\",
    "\\'",
    "'\\''",
    "\\n",
    "a\\",
    "\\\n",
    "`id`",
    "$(id)",
    "$HOME",
    "${IFS}",
    "$'x'",
    "$\"x\"",
    "$((1+1))",
    "~",
    "~root",
    "*",
    "?",
    "[a-z]",
    "{a,b}",
    "!",
    "!!",
    "#",
    "# no",
    "&",
    "&&",
    "|",
    "||",
    ";",
    ";;",
    "<",
    ">",
    ">>",
    "<(id)",
    "()",
    "{ }",
    "=",
    "a=b",
    "A=b",
    "-",
    "--",
    "-n",
    "-e",
    "--label",
    "--message=x",
    "%s",
    "%n",
    "%%",
    "\\0",
    "if",
    "then",
    "fi",
    "time",
    "function",
    "x; touch pwned",
    "$(touch pwned)",
    "`touch pwned`",
    "' ; touch pwned ; '",
    "'; touch pwned; echo '",
    "\"; touch pwned; \"",
    "x\ntouch pwned\n",
    "'\ntouch pwned\n'",
    "| touch pwned",
    "& touch pwned",
    "> pwned",
    "\\'; touch pwned; \\'",
    "Größe",
    "日本語",
    "🔔",
    "e\u{301}",
    "\u{202e}rtl",
    "\u{feff}",
    "\u{2028}",
    "\u{a0}",
    "‘quoted’",
    "naïve — dash…",
    "refs/changes/34/1234/2",
    "Verified=+1",
    "a'b\"c\\d`e$f\ng",
    "'$(touch pwned)'\"`touch pwned`\"\\",
];

/// All of them, alone, together, and beside each other.
fn corpus() -> Vec<Vec<String>> {
    let own = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let mut corpus: Vec<Vec<String>> = NASTY.chunks(20).map(own).collect();
    corpus.push(own(NASTY));
    let joined = |at: usize| format!("{}{}", NASTY[at % NASTY.len()], NASTY[(at * 7 + 3) % NASTY.len()]);
    corpus.push((0..300).map(joined).collect());
    corpus.push(vec!["'".repeat(5000), "\\".repeat(5000), "$(".repeat(5000)]);
    corpus
}

/// Nothing was run that stood in a word.
fn nothing_ran(sshd: &Sshd) {
    for folder in [sshd.folder().to_owned(), "/root".into(), "/".into(), std::env::current_dir().expect("a folder")] {
        assert!(!folder.join("pwned").exists(), "{}", folder.display());
    }
}

#[tokio::test]
async fn a_forced_command_is_given_exactly_the_words() {
    let sshd = sshd().await;
    let client = Client::of(&sshd);
    for words in corpus() {
        let words: Vec<&str> = ["gerrit"].into_iter().chain(words.iter().map(String::as_str)).collect();
        check(&client.run(&words).await, AttemptOutcome::Done, "");
        assert_eq!(sshd.commands().pop().expect("a command"), words);
    }
    nothing_ran(&sshd);
}

#[tokio::test]
async fn a_login_shell_is_given_exactly_the_words() {
    let sshd = Sshd::obedient().await.expect("sshd starts");
    let client = Client::of(&sshd);
    for words in corpus().into_iter().filter(|words| words.iter().map(String::len).sum::<usize>() < 8000) {
        let words: Vec<&str> = ["printf", "%s\\0"].into_iter().chain(words.iter().map(String::as_str)).collect();
        let sent = client.run(&words).await;
        check(&sent, AttemptOutcome::Done, "");
        let came: Vec<&str> = sent.answer.split_terminator('\0').collect();
        assert_eq!(came, words[2..]);
    }
    nothing_ran(&sshd);
}

#[tokio::test]
async fn what_cannot_be_a_word_is_refused_before_anything_is_sent() {
    let sshd = sshd().await;
    let client = Client::of(&sshd);
    check(&client.run(&[]).await, AttemptOutcome::Refused, "a command without a word");
    check(&client.run(&["a", "b\0c"]).await, AttemptOutcome::Refused, "the word 2 of the command has a NUL in it");
    let long = "x".repeat(130_000);
    check(
        &client.run(&["a", &long]).await,
        AttemptOutcome::Refused,
        "bytes when it is quoted; at most 122880 can be sent",
    );
    assert_eq!(sshd.count(), 0);
}

#[tokio::test]
async fn a_word_may_be_as_long_as_is_said() {
    let sshd = sshd().await;
    let long = format!("it's {}", "x ".repeat(60_000));
    check(&Client::of(&sshd).run(&["gerrit", &long]).await, AttemptOutcome::Done, "");
    assert_eq!(sshd.commands(), [["gerrit".to_owned(), long]]);
}

#[tokio::test]
async fn secrets_come_as_they_are_and_do_not_come_back() {
    let sshd = sshd().await;
    fs::write(sshd.folder().join("token"), "it's $(touch pwned)\n").expect("a secret");
    sshd.behave("echo \"you said $2\"; echo \"no: $SSH_ORIGINAL_COMMAND\" >&2; exit 1");
    let token = Text(vec![Part::Literal("key=".into()), Part::Secret(SecretName("token".into()))]);
    let sent = Client::of(&sshd).run_texts(vec![Text::literal("gerrit"), token]).await;
    assert_eq!(sshd.commands(), [["gerrit", "key=it's $(touch pwned)"]]);
    let line = "no: gerrit 'key=<secret:token>'";
    check(&sent, AttemptOutcome::Refused, line);
    assert_eq!(sent.answer, format!("you said key=<secret:token>\n{line}\n"));
    nothing_ran(&sshd);
}
