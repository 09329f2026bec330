//! What was measured of each operation and is set in the template: infra/cli/data/operations.json, which
//! `tests/it/units.rs` holds to what the service does.

use serde_json::Value;

use crate::failure::Failure;

/// The record.
pub(crate) struct Record(Value);

impl Record {
    /// The record that this program was built with.
    pub(crate) fn load() -> Result<Self, Failure> {
        let record = serde_json::from_str(include_str!("../../data/operations.json"));
        record.map(Self).map_err(|error| Failure::Record(error.to_string()))
    }

    /// The read and the write units of `operation`.
    pub(crate) fn units(&self, operation: &str) -> Result<(f64, f64), Failure> {
        let pointer = |unit: &str| format!("/operations/{operation}/{unit}");
        Ok((self.number(&pointer("read_units"))?, self.number(&pointer("write_units"))?))
    }

    /// The memory of the function `package`, in GB as Lambda bills it: 1,024 MiB.
    pub(crate) fn memory_gb(&self, package: &str) -> Result<f64, Failure> {
        Ok(self.number(&format!("/memory_mib/{package}"))? / 1024.0)
    }

    /// The number at `pointer`.
    pub(crate) fn number(&self, pointer: &str) -> Result<f64, Failure> {
        let number = self.0.pointer(pointer).and_then(Value::as_f64);
        number.ok_or_else(|| Failure::Record(format!("there is no {pointer}")))
    }
}
