//! How the bill is told: as tables of Markdown, which docs/operations.md has as they are, or as JSON.

use serde_json::{Value, json};

use super::arguments::CostArguments;
use super::bill::{Line, cognito, total};
use super::limits::Limit;
use super::month::{
    ACCESS_LOG_BYTES, ANSWER_BYTES, COLD_START_MS, LOG_BYTES, Month, ONE_COLD_START_IN, SECONDS, SOCKETS_A_CALL,
    STORED_BYTES, SWEEP_CALL_MS,
};

/// Everything that was reckoned.
pub(crate) struct Report<'a> {
    pub(crate) arguments: &'a CostArguments,
    pub(crate) month: &'a Month,
    pub(crate) lines: &'a [Line],
    pub(crate) limits: &'a [Limit],
}

impl Report<'_> {
    /// For people.
    pub(crate) fn text(&self) -> String {
        let parts = [self.bill(), self.cognito(), self.limits(), self.assumptions()];
        parts.join("\n\n")
    }

    fn bill(&self) -> String {
        let rows = self.lines.iter().map(|line| {
            let Line { what, quantity, unit, price, per, dollars } = line;
            format!(
                "| {what} | {} {unit} | {} {per} | {} |\n",
                number(*quantity),
                dollars_exactly(*price),
                money(*dollars)
            )
        });
        let total = total(self.lines);
        let each = format!("${:.6} a user", total / self.month.users);
        format!(
            "| what | how much | price | a month |\n| --- | ---: | --- | ---: |\n{}| **together** | | {each} | **{}** |",
            rows.collect::<String>(),
            money(total),
        )
    }

    fn cognito(&self) -> String {
        let ours = total(self.lines);
        let rows = cognito(self.month.users)
            .map(|(plan, dollars)| format!("\n| Cognito {plan} | {} | {:.1} |", money(dollars), dollars / ours));
        format!("| for as many users | a month | times ours |\n| --- | ---: | ---: |{}", rows.concat())
    }

    fn limits(&self) -> String {
        let rows = self.limits.iter().map(|limit| {
            let Limit { what, whose, most, unit, used } = limit;
            let users = count(limit.users(self.month));
            format!("\n| {what} | {}{unit} | {} | {users} | {whose} |", count(*most), number(*used))
        });
        let heading = "| limit | at | at this peak | reached with, users | whose |\n| --- | ---: | ---: | ---: | --- |";
        format!("{heading}{}", rows.collect::<String>())
    }

    fn assumptions(&self) -> String {
        self.assumed().map(|line| format!("- {line}")).join("\n")
    }

    /// Everything that is not measured.
    fn assumed(&self) -> [String; 7] {
        let CostArguments { region, free_tier, peak, habits, .. } = self.arguments;
        let free = if *free_tier { "with what is always free" } else { "without free tiers" };
        let (hashing_ms, other_ms) = (habits.hashing_ms, habits.other_ms);
        let a_second = self.month.requests() / SECONDS;
        [
            format!("List prices of {} as known in 2025, {free} and without taxes.", region.as_str()),
            format!(
                "A user, a month: {} sign-ups, {} log-ins, {} with a wrong password before, {} refreshes, {} looks at `me`, {} \
                 log-outs, {} requests to other APIs in session mode, {} hours with a WebSocket.",
                habits.sign_ups,
                habits.log_ins,
                habits.failed_log_ins,
                habits.refreshes,
                habits.looks,
                habits.log_outs,
                habits.session_checks,
                habits.socket_hours,
            ),
            "Units of each operation: measured with the embedded DynamoDB (infra/cli/data/operations.json), \
             memory as in the template."
                .to_owned(),
            format!(
                "A function that hashes takes {hashing_ms} ms, any other {other_ms}; one invocation in \
                 {ONE_COLD_START_IN} starts cold, {COLD_START_MS} ms more. Not measured on AWS."
            ),
            format!(
                "{LOG_BYTES} bytes of logs an invocation, {ACCESS_LOG_BYTES} of access log and {ANSWER_BYTES} of answer a \
                 request; {STORED_BYTES} bytes stored a user."
            ),
            format!("The peak is {peak} times the mean of {} requests a second.", number(a_second)),
            format!(
                "A socket lives for an hour; what the app sends through it is not counted, and `ws-reaper` looks at \
                 {SOCKETS_A_CALL} of them in {SWEEP_CALL_MS} ms. Who mistypes a password gets it right the same day. Deploys, \
                 X-Ray, KMS keys and domains are not in it."
            ),
        ]
    }

    /// For programs.
    pub(crate) fn value(&self) -> Value {
        let lines = self.lines.iter().map(|line| {
            let Line { what, quantity, unit, price, per, dollars } = line;
            json!({"what": what, "quantity": quantity, "unit": unit, "price": price, "per": per, "dollars": cents(*dollars)})
        });
        let cognito = cognito(self.month.users).map(|(plan, dollars)| json!({"plan": plan, "dollars": cents(dollars)}));
        let limits = self.limits.iter().map(|limit| {
            let Limit { what, whose, most, unit, used } = limit;
            json!({"what": what, "whose": whose, "limit": most, "unit": unit.trim(), "used": used,
                "users": limit.users(self.month).floor()})
        });
        let total = total(self.lines);
        json!({
            "users": self.arguments.mau,
            "region": self.arguments.region.as_str(),
            "lines": lines.collect::<Value>(),
            "dollars": cents(total),
            "dollars_a_user": total / self.month.users,
            "cognito": cognito,
            "limits": limits.collect::<Value>(),
            "assumed": self.assumed(),
        })
    }
}

fn cents(dollars: f64) -> f64 {
    (dollars * 100.0).round() / 100.0
}

fn money(dollars: f64) -> String {
    let text = format!("{dollars:.2}");
    let (whole, cents) = text.split_once('.').unwrap_or((&text, "00"));
    format!("${}.{cents}", grouped(whole))
}

/// A price, with as many digits as it has.
fn dollars_exactly(price: f64) -> String {
    let text = price.to_string();
    let digits = text.split_once('.').map_or(0, |(_, digits)| digits.len());
    format!("${price:.*}", digits.max(2))
}

/// A quantity: three digits, or all that are before the point.
fn number(quantity: f64) -> String {
    let digits = match quantity {
        exact if exact.fract() == 0.0 || exact >= 100.0 => 0,
        tens if tens >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{quantity:.digits$}");
    match text.split_once('.') {
        Some((whole, digits)) => format!("{}.{digits}", grouped(whole)),
        None => grouped(&text),
    }
}

/// A whole number; above ten thousand three digits of it, which is more than an estimate knows.
fn count(quantity: f64) -> String {
    let size = 10_f64.powf((quantity.log10().floor() - 2.0).max(0.0));
    grouped(&format!("{:.0}", if quantity < 10_000.0 { quantity.floor() } else { (quantity / size).floor() * size }))
}

fn grouped(digits: &str) -> String {
    let characters = digits.chars().enumerate().map(|(index, digit)| {
        let is_first_of_three = index > 0 && (digits.len() - index).is_multiple_of(3);
        if is_first_of_three { format!(",{digit}") } else { digit.to_string() }
    });
    characters.collect()
}
