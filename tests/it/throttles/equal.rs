//! Nobody learns from the time of an answer whether a name exists.

use std::time::{Duration, Instant};

use faregate::domain::administration::UserChange;
use faregate_tests::{PASSWORD, TestApp};

/// Log-ins of each kind. The median of so many moves by a few per cent from run to run; a hash that is left out moves it by
/// half and more.
const SAMPLES: usize = 101;

#[tokio::test(flavor = "multi_thread")]
async fn unknown_wrong_and_inactive_take_equally_long() {
    // A hash that weighs as much against everything else as the real one does, so that leaving it out shows.
    let app = TestApp::builder()
        .with("FAREGATE_THROTTLE", "off")
        .with("FAREGATE_ARGON2_MEMORY_KIB", "19456")
        .with("FAREGATE_ARGON2_ITERATIONS", "2")
        .start()
        .await;
    app.sign_up("ann").await.is(201);
    let ben = app.sign_up("ben").await.field("id");
    app.change(ben.parse().unwrap(), UserChange::Deactivate).await;
    let attempts = [("nobody", PASSWORD), ("not a name!", PASSWORD), ("ann", "wrong"), ("ben", PASSWORD)];
    let mut times: [Vec<Duration>; 4] = Default::default();
    // One of each kind in turn: whatever else the machine does meets all of them.
    for _ in 0..SAMPLES {
        for ((username, password), times) in attempts.iter().zip(&mut times) {
            let begun = Instant::now();
            let reply = app.try_log_in(username, password).await;
            times.push(begun.elapsed());
            reply.is(401);
        }
    }
    let medians = times.map(|mut times| {
        times.sort();
        times[SAMPLES / 2].as_secs_f64()
    });
    let [least, most] = [f64::min, f64::max].map(|pick| medians.into_iter().reduce(pick).unwrap());
    assert!(most / least < 1.5, "medians of unknown, no name, wrong and inactive: {medians:?} s");
}
