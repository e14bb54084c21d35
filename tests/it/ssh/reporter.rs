//! A reporter whose deliveries are commands.
