/// What an event does to the journeys besides being part of one.
enum EventRole: Sendable {
    case plain, linked, unlinked, merged, voided, corrected

    init(type: String) {
        self =
            switch type {
            case "ops.identity.linked": .linked
            case "ops.identity.unlinked": .unlinked
            case "ops.record.merged": .merged
            case "ops.event.voided": .voided
            case "ops.event.corrected": .corrected
            default: .plain
            }
    }
}
