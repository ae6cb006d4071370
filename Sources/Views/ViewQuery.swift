package import JourneyModel
package import Questions

/// How a built-in view is asked.
package struct ViewQuery: Sendable {
    /// Which journeys and stages it speaks of.
    package var scope = Scope()
    /// `source`, or a path into `data` such as `data.region`: the answer is given for each of its values as well.
    package var by: String?
    /// The moment to judge at: what is undecided then, how long waits have lasted. The wall clock where nil.
    package var at: Timestamp?

    package init() {}
}
