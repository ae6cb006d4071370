import JourneyModel
import TestSupport

/// Events that set stage maps, business hours and service levels, some of which cannot be understood, are corrected or voided.
enum RandomDefinitions {
    static func events(_ count: Int, _ random: inout Seeded) throws -> [String] {
        let shipped = String(decoding: try StageMap.shipped().canonicalText, as: UTF8.self)
        let definitions = [
            ("stages", shipped),
            ("stages", shipped.replacing("P540D", with: "P3D")),
            ("stages", shipped.replacing("sales.lead.accepted", with: "custom.thing.happened")),
            ("stages", shipped.replacing(#""region""#, with: #""name""#)),
            ("stages", #"{"stages":[]}"#),
            ("calendar", #"{"days":[1,2,3],"open":"09:00","close":"17:00"}"#),
            ("calendar", #"{"open":"late"}"#),
            ("service-levels", #"{"mql":"P1D","sal":"PT12H"}"#),
            ("service-levels", #"{"lead":"P2D","mql":"PT1H","sal":"PT12H","committed":"P1D","live":"P40D"}"#),
        ]
        var texts: [String] = []
        for number in 0..<count {
            guard let (kind, definition) = definitions.randomElement(using: &random) else { continue }
            let data = #"{"name":"d","kind":"\#(kind)","definition":\#(definition)}"#
            let target = #""target":{"source":"/test","id":"d\#(Int.random(in: 0..<count, using: &random))"},"reason":"wrong""#
            let time = "2026-01-0\(1 + number % 9)T00:00:00Z"
            let (type, content) =
                switch number < 2 ? 9 : Int.random(in: 0..<10, using: &random) {
                case 0: ("ops.event.voided", "{\(target)}")
                case 1: ("ops.event.corrected", #"{\#(target),"data":\#(data)}"#)
                default: ("ops.definition.set", data)
                }
            texts.append(eventJSON("d\(number)", type: type, subject: "definition:d", time: time, data: content))
        }
        return texts
    }
}
