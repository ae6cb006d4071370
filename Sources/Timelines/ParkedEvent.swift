package import JourneyModel

/// An event that a view could not make anything of.
package struct ParkedEvent: Sendable, Equatable {
    package let position: Position
    package let reason: String

    package init(position: Position, reason: String) {
        (self.position, self.reason) = (position, reason)
    }
}
