//! What a chat server says of itself (`005`): how it compares names, what a channel looks like, who is an operator.

/// How a server compares names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mapping {
    Ascii,
    /// `[]\` are the capitals of `{}|`, and `~` that of `^`, but for the strict one.
    Rfc1459,
    Strict,
}

/// What is known of a server; at first what most of them are.
#[derive(Clone, Debug)]
pub(super) struct Support {
    mapping: Mapping,
    /// Modes of members, each with its sign.
    prefixes: Vec<(char, char)>,
    /// Modes of channels that always have a word with them: lists, and what is set to it.
    with_word: String,
    /// Those that have one when they are set.
    with_word_when_set: String,
    channel_types: String,
    /// Channels that may be entered by one line.
    pub(super) most_joined: usize,
}

/// Where the server does not say it: some drop what is more without a word.
const MOST_JOINED: usize = 10;

impl Default for Support {
    fn default() -> Self {
        Self {
            mapping: Mapping::Rfc1459,
            prefixes: vec![('o', '@'), ('v', '+')],
            with_word: "beIk".to_owned(),
            with_word_when_set: "l".to_owned(),
            channel_types: "#&+!".to_owned(),
            most_joined: MOST_JOINED,
        }
    }
}

impl Support {
    /// Takes one word of a `005`, such as `NICKLEN=30`. Those that mean nothing to us change nothing.
    pub(super) fn take(&mut self, word: &str) {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        match name {
            "CASEMAPPING" => {
                self.mapping = match value {
                    "rfc1459" => Mapping::Rfc1459,
                    "strict-rfc1459" | "rfc1459-strict" => Mapping::Strict,
                    _ => Mapping::Ascii,
                }
            }
            "PREFIX" => {
                let (modes, signs) = value.trim_start_matches('(').split_once(')').unwrap_or(("", ""));
                self.prefixes = modes.chars().zip(signs.chars()).collect();
            }
            "CHANMODES" => {
                let mut kinds = value.split(',');
                self.with_word = kinds.by_ref().take(2).collect();
                kinds.next().unwrap_or_default().clone_into(&mut self.with_word_when_set);
            }
            "CHANTYPES" => value.clone_into(&mut self.channel_types),
            "MAXTARGETS" => self.joins(value),
            "TARGMAX" => {
                if let Some(most) = value.split(',').find_map(|one| one.strip_prefix("JOIN:")) {
                    self.joins(most);
                }
            }
            _ => {}
        }
    }

    /// Without a number there is no limit.
    fn joins(&mut self, most: &str) {
        self.most_joined = if most.is_empty() { usize::MAX } else { most.parse().unwrap_or(MOST_JOINED).max(1) };
    }

    /// The same for all spellings of a name.
    pub(super) fn fold(&self, name: &str) -> String {
        let small = |c: char| match (self.mapping, c) {
            (Mapping::Rfc1459 | Mapping::Strict, '[') => '{',
            (Mapping::Rfc1459 | Mapping::Strict, ']') => '}',
            (Mapping::Rfc1459 | Mapping::Strict, '\\') => '|',
            (Mapping::Rfc1459, '~') => '^',
            (_, c) => c.to_ascii_lowercase(),
        };
        name.chars().map(small).collect()
    }

    pub(super) fn is_channel(&self, target: &str) -> bool {
        target.starts_with(|c| self.channel_types.contains(c))
    }

    /// The channel of a target that may be the operators of it alone, such as `@#builds`.
    pub(super) fn channel<'t>(&self, target: &'t str) -> Option<&'t str> {
        let bare = target.trim_start_matches(|c| !self.channel_types.contains(c) && self.is_sign(c));
        self.is_channel(bare).then_some(bare)
    }

    /// A nick of a list of names without its signs, and whether one of them is an operator's.
    pub(super) fn member<'n>(&self, name: &'n str) -> (&'n str, String) {
        let nick = name.trim_start_matches(|c| self.is_sign(c));
        let signs = &name[..name.len() - nick.len()];
        let mode = |sign| self.prefixes.iter().find(|(_, known)| *known == sign).map(|(mode, _)| *mode);
        // With `userhost-in-names` the rest would follow; nobody asked for it.
        (nick, signs.chars().filter_map(mode).collect())
    }

    /// Whether a mode of members makes an operator: each but a voice does.
    pub(super) fn is_op(&self, mode: char) -> bool {
        mode != 'v' && self.prefixes.iter().any(|(known, _)| *known == mode)
    }

    /// What a change of modes says of members: the mode, who, and whether it is on. `+q` is a list on some networks, and
    /// somebody's rank on others.
    pub(super) fn ranks<'w>(&self, words: &'w [String]) -> Vec<(char, &'w str, bool)> {
        let Some((letters, words)) = words.split_first() else { return Vec::new() };
        let (mut ranks, mut words, mut is_on) = (Vec::new(), words.iter(), true);
        for letter in letters.chars() {
            match letter {
                '+' => is_on = true,
                '-' => is_on = false,
                _ if self.prefixes.iter().any(|(mode, _)| *mode == letter) => {
                    ranks.extend(words.next().map(|who| (letter, who.as_str(), is_on)));
                }
                _ if self.with_word.contains(letter) || (is_on && self.with_word_when_set.contains(letter)) => {
                    words.next();
                }
                _ => {}
            }
        }
        ranks
    }

    fn is_sign(&self, c: char) -> bool {
        self.prefixes.iter().any(|(_, sign)| *sign == c)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(words: &str) -> Support {
        let mut support = Support::default();
        words.split(' ').for_each(|word| support.take(word));
        support
    }

    #[test]
    fn names_are_compared_as_the_server_does() {
        let check = |words: &str, expected: &str| assert_eq!(said(words).fold("#A[b]\\~Ü"), expected, "{words}");
        check("CASEMAPPING=rfc1459", "#a{b}|^Ü");
        check("CASEMAPPING=strict-rfc1459", "#a{b}|~Ü");
        check("CASEMAPPING=ascii", "#a[b]\\~Ü");
        check("NETWORK=x", "#a{b}|^Ü");
    }

    #[test]
    fn members_and_their_signs() {
        let support = said("PREFIX=(Yqaohv)!~&@%+ CHANTYPES=#");
        assert_eq!(support.member("!@+ada"), ("ada", "Yov".to_owned()));
        assert_eq!(support.member("ada"), ("ada", String::new()));
        assert_eq!(
            (support.is_op('Y'), support.is_op('h'), support.is_op('v'), support.is_op('b')),
            (true, true, false, false)
        );
        assert_eq!(said("PREFIX= CHANTYPES=#").member("@ada"), ("@ada", String::new()));
    }

    #[test]
    fn ranks_are_told_from_other_modes_as_the_server_has_them() {
        let check = |said_words: &str, mode: &str, expected: &[(char, &str, bool)]| {
            let words: Vec<String> = mode.split(' ').map(str::to_owned).collect();
            assert_eq!(said(said_words).ranks(&words), expected, "{said_words}: {mode}");
        };
        let usual = "PREFIX=(ov)@+ CHANMODES=eIbq,k,flj,CFLM";
        check(usual, "-lo ada", &[('o', "ada", false)]);
        check(usual, "+lo 5 ada", &[('o', "ada", true)]);
        check(usual, "+q-o+v *!*@bad ada bob", &[('o', "ada", false), ('v', "bob", true)]);
        check(usual, "-kj+o key ada", &[('o', "ada", true)]);
        check(usual, "+jo 5:10 ada", &[('o', "ada", true)]);
        check("PREFIX=(qaohv)~&@%+ CHANMODES=beI,k,l,imnpst", "+qo ada ada", &[('q', "ada", true), ('o', "ada", true)]);
        check("NETWORK=x", "-l+ob ada *!*@bad", &[('o', "ada", true)]);
        check("NETWORK=x", "+q *!*@bad", &[]);
        check("NETWORK=x", "+o", &[]);
    }

    #[test]
    fn how_many_channels_are_entered_at_once() {
        let check = |words: &str, expected: usize| assert_eq!(said(words).most_joined, expected, "{words}");
        check("NETWORK=x", MOST_JOINED);
        check("MAXTARGETS=20", 20);
        check("TARGMAX=NAMES:1,JOIN:,KICK:1", usize::MAX);
        check("TARGMAX=JOIN:4 MAXTARGETS=0", 1);
    }

    #[test]
    fn what_a_channel_is() {
        let check = |target: &str, expected: Option<&str>| {
            assert_eq!(said("PREFIX=(ov)@+ CHANTYPES=#&").channel(target), expected, "{target}");
        };
        check("#a", Some("#a"));
        check("@#a", Some("#a"));
        check("+a", None);
        check("ada", None);
        assert_eq!(said("CHANTYPES=#+").channel("+a"), Some("+a"));
    }
}
