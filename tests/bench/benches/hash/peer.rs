//! Peers: programs made of `tests/bench/peers`, each with one implementation, asked over their standard input and output.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use faregate::passwords::Argon2Parameters;

/// How one is built: a feature of the package, and what its compiler is told by which variable.
struct Build {
    feature: &'static str,
    flags: Option<(&'static str, &'static str)>,
}

const REFERENCE_FLAGS: &str = "ARGON2_KDF_C_COMPILER_FLAGS";

/// One that is built.
pub(crate) struct Peer {
    /// Its own words.
    pub(crate) name: String,
    feature: &'static str,
    program: PathBuf,
}

/// One that runs, at one cost; it ends when this is dropped.
pub(crate) struct Running {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    cost: Argon2Parameters,
}

/// Builds them for this machine's kind of processor; those that cannot be built here are told by their features.
pub(crate) fn build_all() -> (Vec<Peer>, Vec<&'static str>) {
    let sodium = Build { feature: "sodium", flags: None };
    let reference = |flags| Build { feature: "reference", flags: Some((REFERENCE_FLAGS, flags)) };
    let builds = if cfg!(target_arch = "x86_64") {
        vec![
            sodium,
            reference("-march=x86-64-v3"),
            reference("-march=native"),
            Build { feature: "engine", flags: Some(("RUSTFLAGS", "-Ctarget-feature=+avx2")) },
        ]
    } else {
        vec![sodium, reference("-O3")]
    };
    let (mut peers, mut missing) = (Vec::new(), Vec::new());
    for (number, build) in builds.iter().enumerate() {
        match build.run(number) {
            Some(peer) => peers.push(peer),
            None => missing.push(build.feature),
        }
    }
    (peers, missing)
}

impl Build {
    fn run(&self, number: usize) -> Option<Peer> {
        let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
        let target = target().join("peers");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--release", "--quiet", "--locked", "--features", self.feature]);
        cargo.current_dir(package).env("CARGO_TARGET_DIR", &target).envs(self.flags);
        if !cargo.status().unwrap().success() {
            return None;
        }
        // The next one is built in the same place.
        let program = target.join(format!("peer-{number}"));
        std::fs::copy(target.join("release/peers"), &program).unwrap();
        let mut peer = Peer { name: String::new(), feature: self.feature, program };
        let (mut child, name, _) = peer.spawn();
        child.wait().unwrap();
        peer.name = name;
        Some(peer)
    }
}

impl Peer {
    /// Whether it can hash at `cost`.
    pub(crate) fn can(&self, cost: Argon2Parameters) -> bool {
        self.feature != "sodium" || cost.parallelism == 1
    }

    /// What happens to its memory between two hashes (see tests/bench/peers).
    pub(crate) fn memory(&self) -> &'static str {
        match self.feature {
            "sodium" => "new",
            "reference" => "new, wiped",
            _ => "kept, wiped",
        }
    }

    /// How many threads it hashes with.
    pub(crate) fn threads(&self, cost: Argon2Parameters) -> u32 {
        if self.feature == "reference" { cost.parallelism } else { 1 }
    }

    /// Starts it.
    pub(crate) fn start(&self, cost: Argon2Parameters) -> Running {
        let (mut child, _, answers) = self.spawn();
        Running { questions: child.stdin.take(), child, answers, cost }
    }

    /// The process, the name that it gives, and where its answers come from.
    fn spawn(&self) -> (Child, String, BufReader<ChildStdout>) {
        let mut child = Command::new(&self.program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        let mut name = String::new();
        answers.read_line(&mut name).unwrap();
        (child, name.trim_end().to_owned(), answers)
    }
}

impl Running {
    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The tag of `password` under `salt`, and how many milliseconds it took.
    pub(crate) fn hash(&mut self, password: &str, salt: &[u8; 16]) -> (Vec<u8>, f64) {
        let Argon2Parameters { memory_kib, iterations, parallelism } = self.cost;
        let salt = std::str::from_utf8(salt).unwrap();
        let question = format!("{memory_kib} {iterations} {parallelism} {password} {salt}\n");
        self.questions.as_mut().unwrap().write_all(question.as_bytes()).unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        let (tag, nanoseconds) = answer.trim_end().split_once(' ').unwrap();
        let bytes = (0..tag.len() / 2).map(|at| u8::from_str_radix(&tag[2 * at..2 * at + 2], 16).unwrap());
        (bytes.collect(), nanoseconds.parse::<f64>().unwrap() / 1_000_000.0)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It ends at the end of its standard input.
        self.questions = None;
        let _ended = self.child.wait();
    }
}

/// The target folder that this program is in, as `target/release/deps/hash-…`.
fn target() -> PathBuf {
    std::env::current_exe().unwrap().ancestors().nth(3).unwrap().to_owned()
}
