package import JourneyModel

/// Which links hold, where that is not what is known at the position that journeys are asked as of.
package struct IdentityLens: Sendable, Equatable {
    /// A link, or its end, that nobody has recorded.
    package struct Assumption: Sendable, Equatable {
        package let first: UInt32
        package let second: UInt32
        package let isLink: Bool

        package init(_ first: UInt32, _ second: UInt32, isLink: Bool) {
            (self.first, self.second, self.isLink) = (first, second, isLink)
        }
    }

    /// Links are those known at this position, voids included; those known with the events where nil.
    package var position: Position?
    /// As if they had been recorded last, one behind the other.
    package var assumptions: [Assumption] = []
    /// When what is assumed happens, in microseconds since 1970.
    package var moment: Int64 = 0

    package init() {}

    /// Whether it leaves everything as it is.
    package var isClear: Bool { position == nil && assumptions.isEmpty }
}
