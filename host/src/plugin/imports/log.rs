//! The plugin's log.

use crate::plugin::bindings::wit::log::Host;
use crate::plugin::bindings::wit::log::Level;
use crate::plugin::call_log::LogLevel;
use crate::plugin::state::CallState;
use wasmtime::Result;

impl Host for CallState {
    fn write(&mut self, level: Level, message: String, fields: Vec<(String, String)>) -> Result<()> {
        let level = match level {
            Level::Debug => LogLevel::Debug,
            Level::Info => LogLevel::Info,
            Level::Warn => LogLevel::Warn,
            Level::Error => LogLevel::Error,
        };
        self.log.write(level, message, fields);
        Ok(())
    }
}
