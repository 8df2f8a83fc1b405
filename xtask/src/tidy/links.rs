//! Links between our own pages lead somewhere.

use super::Tree;

/// Every relative link in a Markdown file names a file or folder of the checkout.
pub(super) fn check(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in tree.ending(".md") {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for target in targets(&file.text) {
            if !tree.holds(&resolved(folder, target)) {
                complaints.push(format!("{}: the link to {target} leads nowhere", file.path));
            }
        }
    }
    complaints
}

/// The targets of inline links that stay within the checkout, without their `#fragment`.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| {
        let (target, _) = rest.split_once(')')?;
        let path = target.split('#').next().unwrap_or_default();
        let ours = !path.is_empty() && !target.contains("://") && !target.starts_with("mailto:");
        ours.then_some(path)
    })
}

/// `../b/c` seen from `a/d` is `a/b/c`.
fn resolved(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_from_where_they_stand() {
        let text = "[a](../README.md) [b](b.md#part) [c](nowhere.md) [d](https://x.org/y) [e](#here) [f](sub/)";
        let tree = Tree::of(&[
            ("docs/a.md", text),
            ("docs/b.md", ""),
            ("README.md", ""),
            ("docs/sub/x", ""),
        ]);
        assert_eq!(
            check(&tree),
            ["docs/a.md: the link to nowhere.md leads nowhere"]
        );
    }
}
