//! Commands in the documentation exist. Looked at: lines in fenced blocks of README.md and `docs/`
//! that start a cargo task or `minispine`, and of those the first word after it.

use super::Tree;

/// What the programs know.
pub(crate) struct Known {
    /// Subcommands of `minispine`.
    pub(crate) minispine: Vec<String>,
    /// Tasks of `cargo xtask`.
    pub(crate) xtask: Vec<String>,
}

/// The subcommands in the text that `--help` prints: below `Commands:`, two blanks in.
pub(crate) fn subcommands(help: &str) -> Vec<String> {
    help.lines()
        .skip_while(|line| line.trim() != "Commands:")
        .skip(1)
        .take_while(|line| !line.trim().is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .collect()
}

/// Every command in the documentation starts with something that exists.
pub(crate) fn check(tree: &Tree, known: &Known) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in tree.ending(".md") {
        if file.path != "README.md" && !file.path.starts_with("docs/") {
            continue;
        }
        for line in fenced_lines(&file.text) {
            if let Some(word) = unknown(line, known) {
                complaints.push(format!("{}: {word:?} is unknown in `{line}`", file.path));
            }
        }
    }
    complaints
}

fn fenced_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    text.lines().map(str::trim).filter(move |line| {
        if line.starts_with("```") {
            inside = !inside;
            return false;
        }
        inside
    })
}

/// The first word of the command that nobody knows, if there is one.
fn unknown<'l>(line: &'l str, known: &Known) -> Option<&'l str> {
    let line = line.strip_prefix("$ ").unwrap_or(line);
    let starts: &[(&str, &[String])] = &[
        ("cargo xtask ", &known.xtask),
        ("cargo run --release -- ", &known.minispine),
        ("minispine ", &known.minispine),
    ];
    let (rest, words) = starts
        .iter()
        .find_map(|(start, words)| line.strip_prefix(start).map(|rest| (rest, words)))?;
    let word = rest.split_whitespace().next()?;
    let exists = word.starts_with('-') || word == "help" || words.iter().any(|w| w == word);
    (!exists).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELP: &str = "\
About.

Usage: minispine <COMMAND>

Commands:
  up      Start everything
          on this machine
  config  Look at a configuration

Options:
  -h, --help  Print help
";

    #[test]
    fn help_is_read() {
        assert_eq!(subcommands(HELP), ["up", "config"]);
    }

    #[test]
    fn unknown_commands_are_named() {
        let text = "minispine nonsense outside a fence\n```sh\nminispine up --json\n$ minispine down\ncargo xtask lint\ncargo xtask fly\ncargo run --release -- config check\nminispine --help\nls\n```\n";
        let known = Known {
            minispine: subcommands(HELP),
            xtask: vec!["lint".to_owned()],
        };
        let files = [
            ("README.md", text),
            ("docs/a.md", text),
            ("CHANGELOG.md", text),
        ];
        let complaints = check(&Tree::of(&files), &known);
        assert_eq!(complaints.len(), 4, "{complaints:?}");
        assert!(complaints[0].contains("\"down\"") && complaints[1].contains("\"fly\""));
    }
}
