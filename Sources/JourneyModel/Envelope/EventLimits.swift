/// How large the parts of an event may be, in bytes.
package struct EventLimits: Sendable {
    /// `data`, as it was written.
    package var data = 64 * 1024
    /// The whole event, as it was written.
    package var event = 96 * 1024
    package var id = 1024
    package var source = 1024
    package var type = 256
    /// All extension attributes together.
    package var extensions = 16 * 1024

    package init() {}
}
