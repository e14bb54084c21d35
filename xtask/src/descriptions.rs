//! What the suite holds itself against: the description of GitHub's API, and payloads of the forges' webhooks, as they are
//! published in packages. Of Bitbucket Server no package is known that has them.
//!
//! They lie in `target/descriptions`, and nothing of them is committed. A package is known by its version and its digest.

use crate::tree::Tree;
use anyhow::Context;
use std::path::Path;
use xshell::cmd;

/// A package, and what of it is wanted.
struct Published {
    from: From,
    /// What the package is called as a file.
    archive: &'static str,
    sha512: &'static str,
    /// The one file or folder that is wanted.
    inside: &'static str,
    /// What it is called here.
    kept: &'static str,
    says: &'static str,
}

/// Where a package is fetched, by which name and version.
enum From {
    Npm(&'static str),
    Debian(&'static str),
    /// The file is a module of Python, and wanted is what it calls by this name.
    PyPi(&'static str, &'static str),
}

const ALL: [Published; 4] = [
    // Of 500 MB, 13.
    Published {
        from: From::Npm("@octokit/openapi@23.0.2"),
        archive: "octokit-openapi-23.0.2.tgz",
        sha512: "a55f0cecbf46636dc0c9b36f4e6a369f28e6a669edebedac444fedaabd192d070f4b8967c3bbb979918d9b044d9010b70fb8195db171e401f32d455105718386",
        inside: "package/generated/api.github.com.json",
        kept: "github-23.0.2.json",
        says: "GitHub's description of its API",
    },
    Published {
        from: From::Npm("@octokit/webhooks-examples@7.6.1"),
        archive: "octokit-webhooks-examples-7.6.1.tgz",
        sha512: "0dee94dd707a3b70ed09aedb2a008ccd31dd7a8a6aa99e92362bcc6099caeb989eaca2f5027348034b644580914bb970193efdd9df8fb3559b7c796ca3a3329d",
        inside: "package/api.github.com/index.json",
        kept: "github-webhooks-7.6.1.json",
        says: "the payloads of GitHub's webhooks",
    },
    // Those of GitLab's documentation, and some that GitLab sent.
    Published {
        from: From::Debian("golang-github-xanzy-go-gitlab-dev=0.73.1-2"),
        archive: "golang-github-xanzy-go-gitlab-dev_0.73.1-2_all.deb",
        sha512: "d34ef2197f206094f2d03cac8f46796d6964ff0c939f473469b442d582727631a0f46a53f4133fa6c4c78a61a049e3f5366e8192e37e529584fb0c2a13d3f768",
        inside: "usr/share/gocode/src/github.com/xanzy/go-gitlab/testdata/webhooks",
        kept: "gitlab-webhooks-0.73.1",
        says: "payloads of GitLab's webhooks",
    },
    Published {
        from: From::PyPi("sentry-plugins==9.1.2", "PUSH_EVENT_EXAMPLE"),
        archive: "sentry_plugins-9.1.2-py2.py3-none-any.whl",
        sha512: "2fdc59f3652a24c4cf9a30a5cc877bf86db3e0fc79e3e383317e69e8064103de993426b7c3aab3a650aedb2732cfbc993d0e5b8cae78c0b5a6e274917ff32591",
        inside: "sentry_plugins/bitbucket/testutils.py",
        kept: "bitbucket-webhook-9.1.2.json",
        says: "a payload of Bitbucket Cloud's webhooks",
    },
];

/// Writes what the module in the wheel calls by a name, without running the module.
const CONSTANT: &str = "
import ast, sys, zipfile
wheel, module, name, to = sys.argv[1:]
for node in ast.parse(zipfile.ZipFile(wheel).read(module)).body:
    if isinstance(node, ast.Assign) and node.targets[0].id == name:
        open(to, 'wb').write(ast.literal_eval(node.value))
";

/// Fetches those that are missing.
pub(crate) fn install_missing(tree: &Tree) -> anyhow::Result<()> {
    let folder = tree.path("target/descriptions");
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    ALL.iter().filter(|published| !folder.join(published.kept).exists()).try_for_each(|one| install(tree, &folder, one))
}

fn install(tree: &Tree, folder: &Path, published: &Published) -> anyhow::Result<()> {
    let Published { archive, sha512, inside, kept, says, .. } = published;
    let _folder = tree.shell.push_dir(folder);
    published.fetch(tree).with_context(|| format!("the suite needs {says}; be online"))?;
    let check = cmd!(tree.shell, "sha512sum --check --status").stdin(format!("{sha512}  {archive}\n"));
    check.run().with_context(|| format!("{archive} is not what it was: its digest is another one"))?;
    let unpacked = folder.join("unpacked");
    tree.shell.create_dir(&unpacked)?;
    match published.from {
        From::Npm(_) => {
            cmd!(tree.shell, "tar --extract --gzip --file {archive} --directory {unpacked} {inside}").run()?
        }
        From::Debian(_) => cmd!(tree.shell, "dpkg-deb --extract {archive} {unpacked}").run()?,
        From::PyPi(_, name) => {
            let to = unpacked.join(inside);
            tree.shell.create_dir(to.parent().unwrap_or(&unpacked))?;
            cmd!(tree.shell, "python3 -c {CONSTANT} {archive} {inside} {name} {to}").run()?;
        }
    }
    std::fs::rename(unpacked.join(inside), folder.join(kept)).with_context(|| format!("{archive} has no {inside}"))?;
    tree.shell.remove_path(archive)?;
    tree.shell.remove_path(unpacked)?;
    Ok(())
}

impl Published {
    fn fetch(&self, tree: &Tree) -> anyhow::Result<()> {
        let shell = &tree.shell;
        match self.from {
            From::Npm(package) => cmd!(shell, "npm pack {package} --silent").ignore_stdout().run()?,
            From::PyPi(package, _) => {
                cmd!(shell, "pip download --quiet --no-deps --only-binary :all: {package}").run()?
            }
            From::Debian(package) => {
                let known = cmd!(shell, "apt-get download --quiet --quiet {package}").quiet().ignore_stderr().run();
                if known.is_err() {
                    cmd!(shell, "apt-get update --quiet --quiet").run()?;
                    let download = cmd!(shell, "apt-get download --quiet --quiet {package}").run();
                    download.with_context(|| format!("{package} is a package of Debian 12, fetched as root"))?;
                }
            }
        }
        Ok(())
    }
}
