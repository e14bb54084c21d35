//! Chats, on servers that are not ours.

mod link;
mod link_login;
mod link_losses;
mod sessions;

use campanile_tests::ngircd::IrcOptions;
use campanile_tests::ngircd::RealIrc;

/// A bot in one channel, which says what it is told.
const BOT: &str = "nick = \"bot\"\nchannels = [{name = \"#Builds\"}]\n";

async fn server() -> RealIrc {
    RealIrc::start(IrcOptions::default()).await.expect("a server")
}
