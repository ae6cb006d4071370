package import JourneyModel

/// Why nothing was done to a consumer.
package enum ConsumerFault: Error, Equatable, Sendable {
    /// There is none of this name.
    case unknown(String)
    /// There is one of this name, with another filter.
    case different(Consumer)
    /// There are as many as there may be.
    case tooMany(maximum: Int)
    /// An acknowledged position that the log has not reached.
    case ahead(tail: Position)
    /// The disk has no room for it.
    case full(String)
    /// The store cannot be read or written.
    case unusable(String)
}
