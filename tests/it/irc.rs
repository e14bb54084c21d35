//! Chats, on servers that are not ours.

mod link;
mod sessions;
