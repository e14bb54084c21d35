//! The contract in Rust, as the host sees it: the only expansion of `wit/` in this crate.
//!
//! One module a world. What worlds share is expanded once, in `reporter`, and named in `with` by the others.
//! Imports that read the data API may wait; the log does not.

pub(crate) mod reporter {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "reporter",
        imports: {
            "campanile:reporter/log": trappable,
            default: async | trappable,
        },
        exports: { default: async },
        // What goes in is borrowed from the model; what comes out is owned.
        ownership: Borrowing { duplicate_if_necessary: true },
    });
}

pub(crate) mod message_formatter {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "message-formatter",
        exports: { default: async },
        ownership: Borrowing { duplicate_if_necessary: true },
        with: {
            "campanile:reporter/types": super::reporter::campanile::reporter::types,
            "campanile:reporter/effects": super::reporter::campanile::reporter::effects,
            "campanile:reporter/messages": super::reporter::campanile::reporter::messages,
            "campanile:reporter/data": super::reporter::campanile::reporter::data,
            "campanile:reporter/log": super::reporter::campanile::reporter::log,
        },
    });
}

pub(crate) mod review_callbacks {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "review-callbacks",
        exports: { default: async },
        ownership: Borrowing { duplicate_if_necessary: true },
        with: {
            "campanile:reporter/types": super::reporter::campanile::reporter::types,
            "campanile:reporter/effects": super::reporter::campanile::reporter::effects,
            "campanile:reporter/messages": super::reporter::campanile::reporter::messages,
            "campanile:reporter/data": super::reporter::campanile::reporter::data,
            "campanile:reporter/log": super::reporter::campanile::reporter::log,
        },
    });
}

pub(crate) mod address_lookup {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "address-lookup",
        exports: { default: async },
        ownership: Borrowing { duplicate_if_necessary: true },
        with: {
            "campanile:reporter/types": super::reporter::campanile::reporter::types,
            "campanile:reporter/data": super::reporter::campanile::reporter::data,
            "campanile:reporter/log": super::reporter::campanile::reporter::log,
        },
    });
}

pub(crate) mod previous_build {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "previous-build",
        exports: { default: async },
        ownership: Borrowing { duplicate_if_necessary: true },
        with: {
            "campanile:reporter/types": super::reporter::campanile::reporter::types,
            "campanile:reporter/data": super::reporter::campanile::reporter::data,
            "campanile:reporter/log": super::reporter::campanile::reporter::log,
        },
    });
}

pub(crate) mod change_hook {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "change-hook",
        exports: { default: async },
        ownership: Borrowing { duplicate_if_necessary: true },
        with: {
            "campanile:reporter/types": super::reporter::campanile::reporter::types,
            "campanile:reporter/effects": super::reporter::campanile::reporter::effects,
            "campanile:reporter/events": super::reporter::campanile::reporter::events,
            "campanile:reporter/log": super::reporter::campanile::reporter::log,
        },
    });
}

pub(crate) use reporter::campanile::reporter as wit;
pub(crate) use reporter::exports::campanile::reporter::plugin::Descriptor;
