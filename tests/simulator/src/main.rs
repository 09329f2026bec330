//! `simulator`: runs schedules of refresh-token rotation and prints what became of them.
//!
//! Exit codes: 0 all properties hold; 1 one does not; 2 wrong usage.

mod arguments;

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::thread::available_parallelism;
use std::time::Duration;

use clap::Parser as _;
use indicatif::{ProgressBar, ProgressStyle};
use simulator::algorithms::{Faithful, Name};
use simulator::campaign::{Campaign, Findings};
use simulator::case::{Case, WEATHERS};
use simulator::play::{shortest, tell};
use simulator::properties::Property;
use simulator::search::search;
use simulator::story;
use simulator::table::{ALL_THEFTS, Table};
use simulator::thief::Theft;

use crate::arguments::{Arguments, Command, ExhaustiveArguments, ReplayArguments, RunArguments};

fn main() -> ExitCode {
    let Arguments { command, run } = Arguments::parse();
    let done = match command {
        None => run_many(&run),
        Some(Command::Run(run)) => run_many(&run),
        Some(Command::Exhaustive(exhaustive)) => go_through_all(&exhaustive),
        Some(Command::Replay(replay)) => print_one(&replay),
    };
    // Nobody is left to tell when standard output is closed.
    done.unwrap_or(ExitCode::FAILURE)
}

fn run_many(run: &RunArguments) -> io::Result<ExitCode> {
    let threads = run.threads.or_else(|| available_parallelism().ok().map(usize::from)).unwrap_or(1);
    let campaign = Campaign { schedules: run.schedules, seed: run.seed, skew: run.skew, threads };
    let bar = progress(run.schedules, "schedules");
    let findings = campaign.run(|done| bar.inc(done));
    bar.finish_and_clear();
    let mut out = io::stdout().lock();
    writeln!(out, "{}", Table::new(&findings.tally, run.markdown))?;
    let ours = findings.tally.over(Name::Ours, &WEATHERS, &ALL_THEFTS);
    if ours.too_late > 0 {
        let (late, all) = (ours.too_late, ours.succeeded);
        writeln!(
            out,
            "{}: in {late} of {all} thefts with a gain the client came back after the session ran out",
            Name::Ours.title()
        )?;
    }
    if findings.is_good() {
        let checked = findings.checked;
        writeln!(out, "properties: P1 to P6 and the alarm hold on {checked} schedules of {}", Name::Ours.title())?;
        return Ok(ExitCode::SUCCESS);
    }
    report(&mut out, run, &findings)?;
    Ok(ExitCode::FAILURE)
}

/// The shortest schedule for each property that does not hold, and the cases that ended as they must not.
fn report(out: &mut impl io::Write, run: &RunArguments, findings: &Findings) -> io::Result<()> {
    let (seed, skew) = (run.seed, run.skew);
    let replay = |case: &Case| format!("simulator replay --seed {seed} --skew {skew} --case {case}");
    for property in Property::ALL {
        let stories = findings.violating(property).map(|(case, violation)| {
            let story = shortest(&case, (seed, skew), property);
            (story.len(), case, violation, story)
        });
        let Some((_, case, violation, story)) = stories.min_by_key(|(length, ..)| *length) else { continue };
        writeln!(out, "{property} does not hold: {}", violation.what)?;
        writeln!(out, "the whole schedule: {}", replay(&case))?;
        writeln!(out, "the shortest part of it that does it:")?;
        story.iter().try_for_each(|line| writeln!(out, "{line}"))?;
        writeln!(out)?;
    }
    for case in findings.bad_ends.iter().filter_map(|index| Case::of(*index)) {
        writeln!(out, "a bad end, a session lost or a theft not noticed: {}", replay(&case))?;
    }
    Ok(())
}

fn print_one(replay: &ReplayArguments) -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    for line in tell(&replay.case, (replay.seed, replay.skew)) {
        writeln!(out, "{line}")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// One search for the honest client, one for each theft.
fn go_through_all(exhaustive: &ExhaustiveArguments) -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    let threads = available_parallelism().map_or(1, usize::from);
    let bar = ProgressBar::new_spinner().with_message("states");
    if let Ok(style) = ProgressStyle::with_template("{spinner} {human_pos} {msg} {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    let mut states = 0;
    for theft in [None].into_iter().chain(Theft::ALL.map(Some)) {
        let bounds = exhaustive.bounds(theft);
        let found = search::<Faithful>(&bounds, threads, |so_far| bar.set_position(states + so_far as u64));
        states += found.states as u64;
        let who = theft.map_or("nobody steals", Theft::name);
        bar.suspend(|| writeln!(out, "{who}: {} states, {} steps deep", found.states, found.depth))?;
        if let Some((violation, way)) = found.violation {
            bar.finish_and_clear();
            writeln!(out, "{} does not hold: {}", violation.property, violation.what)?;
            writeln!(out, "the shortest way to it:")?;
            for line in story::steps::<Faithful>(&way, &bounds) {
                writeln!(out, "  {line}")?;
            }
            return Ok(ExitCode::FAILURE);
        }
    }
    bar.finish_and_clear();
    writeln!(out, "properties: P1 to P6 and the alarm hold in all {states} states")?;
    Ok(ExitCode::SUCCESS)
}

/// A bar on standard error; where that is no terminal, nothing.
fn progress(length: u64, of_what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(length);
    let style = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} {msg} {elapsed} (about {eta} left)");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar.set_message(of_what);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
