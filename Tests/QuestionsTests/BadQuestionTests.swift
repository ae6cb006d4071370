import JourneyModel
import Questions
import Testing

/// What cannot be asked is refused with a pointer to each fault.
@Suite struct BadQuestionTests {
    private static let step = #"{"type":"a.b.c"}"#

    private static func funnel(_ more: String, steps: String = "[\(step)]") -> String {
        #"{"funnel":{"steps":\#(steps)\#(more)}}"#
    }

    private static func nested(_ depth: Int) -> String {
        let condition = String(repeating: #"{"any":["#, count: depth) + #"{"data.x":1}"# + String(repeating: "]}", count: depth)
        return funnel("", steps: #"[{"where":\#(condition)}]"#)
    }

    private static func stages(_ more: String) -> String { #"{"stages":{}\#(more)}"# }

    /// A stage map, with more of its members.
    private static func map(_ more: String, second: String = "b") -> String {
        func stage(_ name: String) -> String { #"{"name":"\#(name)","department":"sales","side":"seller","window":"P1D"}"# }
        return stages(#","under":{"stages":[\#(stage("a")),\#(stage(second))]\#(more)}"#)
    }

    private static let effects = Array(repeating: #"{"type":"a.b.c","enters":"a"}"#, count: 256).joined(separator: ",")

    /// Definitions, identities and differences.
    private static let frame: [(question: String, pointer: String)] = [
        (#"{"stages":[]}"#, "/stages"), (#"{"stages":{"colour":1}}"#, "/stages/colour"), (#"{"stages":{"by":"type"}}"#, "/stages/by"),
        (#"{"stages":{"by":"region"}}"#, "/stages/by"), (#"{"stages":{"scope":"everything"}}"#, "/stages/scope"),
        (#"{"stages":{"from":"2026-02-01","to":"2026-01-01"}}"#, "/stages/to"), (#"{"stages":{"from":"soon"}}"#, "/stages/from"),
        (#"{"friction":{"sources":[]}}"#, "/friction/sources"), (#"{"friction":{"sources":["views"]}}"#, "/friction/sources/0"),
        (stages(#","list":"all""#), "/list"), (stages(#","explain":{"step":1}"#), "/explain"),
        (stages(#","under":7"#), "/under"), (stages(#","under":{}"#), "/under/stages"),
        (stages(#","under":{"colour":1}"#), "/under/colour"),
        (stages(#","under":{"stages":[{"name":"a"}]}"#), "/under/stages/0/department"),
        (stages(#","under":{"stages":[{"name":"a","department":"sales","side":"seller","window":"P1M"}]}"#), "/under/stages/0/window"),
        (map("", second: "a"), "/under/stages/1/name"), (map(#","effects":{}"#), "/under/effects"),
        (map(#","effects":[\#(effects)]"#), "/under/effects"), (map(#","effects":[{"type":"a.b.c","enters":"z"}]"#), "/under/effects/0"),
        (map(#","effects":[{"type":"a.b.c","enters":"a","if":1}]"#), "/under/effects/0/if"),
        (map(#","dimensions":[7]"#), "/under/dimensions/0"), (map(#","rework":[{}]"#), "/under/rework/0"),
        (stages(#","under":{"position":-1}"#), "/under/position"), (stages(#","under":{"position":1,"stages":[]}"#), "/under/stages"),
        (#"{"funnel":{"steps":[{"type":"a.b.c"}]},"under":{"position":1}}"#, "/under"), (#"{"paths":{},"diff":1}"#, "/diff"),
        (#"{"friction":{},"diff":1}"#, "/diff"), (#"{"friction":{},"assuming":[{"linked":{"a":"a:1","b":"b:1"}}]}"#, "/assuming"),
        (stages(#","diff":"under""#), "/diff"), (stages(#","diff":"sideways""#), "/diff"), (stages(#","diff":-1"#), "/diff"),
        (stages(#","identity":"soon""#), "/identity"), (stages(#","assuming":{}"#), "/assuming"), (stages(#","assuming":[]"#), "/assuming"),
        (stages(#","assuming":[7]"#), "/assuming/0"), (stages(#","assuming":[{}]"#), "/assuming/0"),
        (stages(#","assuming":[{"joined":{}}]"#), "/assuming/0/joined"),
        (stages(#","assuming":[{"linked":{"a":"a:1"}}]"#), "/assuming/0/linked"),
        (stages(#","assuming":[{"linked":{"a":"a:1","b":"nobody"}}]"#), "/assuming/0/linked/b"),
        (stages(#","assuming":[{"linked":{"a":"a:1","b":"a:1"}}]"#), "/assuming/0/linked/b"),
        (stages(#","assuming":[{"merged":{"winner":"a:1","losers":[]}}]"#), "/assuming/0/merged/losers"),
        (stages(#","assuming":[{"merged":{"winner":"a:1","losers":["b:1"],"by":"c"}}]"#), "/assuming/0/merged/by"),
        (stages(#","assuming":[{"linked":{"a":"a:1","b":"b:1"}}],"diff":1"#), "/diff"),
        (#"{"funnel":{"steps":[{"type":"a.b.c"}]},"explain":{"journey":"lead:1"},"diff":1}"#, "/diff"),
    ]

    static let table: [(question: String, pointer: String)] =
        frame + [
            ("[]", ""), ("{}", ""), (#"{"funnel":{}}"#, "/funnel"), (#"{"funnel":[]}"#, "/funnel"),
            (#"{"funnel":{"steps":[{"type":"a.b.c"}]},"colour":1}"#, "/colour"),
            (funnel(#","colour":1"#), "/funnel/colour"), (funnel("", steps: "[]"), "/funnel/steps"),
            (funnel("", steps: "[" + Array(repeating: step, count: 33).joined(separator: ",") + "]"), "/funnel/steps"),
            (funnel("", steps: #"[{"name":"x"}]"#), "/funnel/steps/0"), (funnel("", steps: #"[{"type":7}]"#), "/funnel/steps/0/type"),
            (funnel("", steps: #"[{"type":["a",7]}]"#), "/funnel/steps/0/type/1"),
            (funnel("", steps: #"[{"where":{"colour":1}}]"#), "/funnel/steps/0/where/colour"),
            (funnel("", steps: #"[{"where":{"data..x":1}}]"#), "/funnel/steps/0/where/data..x"),
            (funnel("", steps: #"[{"where":{"data.a/b~c":{"is":1}}}]"#), "/funnel/steps/0/where/data.a~1b~0c/is"),
            (funnel("", steps: #"[{"where":{"data.x":[1]}}]"#), "/funnel/steps/0/where/data.x"),
            (funnel("", steps: #"[{"where":{"data.x":{"gt":null}}}]"#), "/funnel/steps/0/where/data.x/gt"),
            (funnel("", steps: #"[{"where":{"data.x":{"in":[]}}}]"#), "/funnel/steps/0/where/data.x/in"),
            (funnel("", steps: #"[{"where":{"time":{"gt":"soon"}}}]"#), "/funnel/steps/0/where/time/gt"),
            (funnel("", steps: #"[{"where":{"time":{"prefix":"2026"}}}]"#), "/funnel/steps/0/where/time/prefix"),
            (funnel("", steps: #"[{"where":{}}]"#), "/funnel/steps/0/where"),
            (nested(9), "/funnel/steps/0/where" + String(repeating: "/any/0", count: 9)),
            (funnel(#","window":-1"#), "/funnel/window"), (funnel(#","window":0"#), "/funnel/window"),
            (funnel(#","window":"P1M""#), "/funnel/window"), (funnel(#","window":1e300"#), "/funnel/window"),
            (funnel(#","order":"random""#), "/funnel/order"), (funnel(#","semantics":"mixpanel""#), "/funnel/semantics"),
            (funnel(#","modes":["strict_order"]"#), "/funnel/modes"),
            (funnel(#","semantics":"clickhouse/26.9","modes":["strict"]"#), "/funnel/modes/0"),
            (funnel(#","semantics":"clickhouse/26.9","modes":["allow_reentry"]"#), "/funnel/modes"),
            (funnel(#","semantics":"clickhouse/26.9","exclude":[{"type":"x.y.z"}]"#), "/funnel/exclude"),
            (funnel(#","semantics":"posthog","count":"attempts""#), "/funnel/count"), (funnel(#","count":"Big Ones""#), "/funnel/count"),
            (funnel(#","exclude":[{"type":"x.y.z","between":[1,2]}]"#), "/funnel/exclude/0/between/1"),
            (funnel(#","breakdown":{"field":"data"}"#), "/funnel/breakdown/field"),
            (funnel(#","breakdown":{"field":"data.x","attribution":"step:2"}"#), "/funnel/breakdown/attribution"),
            (funnel(#","enteredBetween":["2026-02-01","2026-01-01"]"#), "/funnel/enteredBetween"),
            (funnel(#","enteredBetween":["2026-02-01"]"#), "/funnel/enteredBetween"), (funnel(#","trend":"year""#), "/funnel/trend"),
            (funnel(#","histogram":0"#), "/funnel/histogram"), (funnel(#","compare":["mixpanel"]"#), "/funnel/compare/0"),
            (#"{"funnel":{"steps":[{"type":"a.b.c"}]},"asOf":-1}"#, "/asOf"), (#"{"funnel":{"steps":[{"type":"a.b.c"}]},"at":7}"#, "/at"),
            (#"{"funnel":{"steps":[{"type":"a.b.c"}]},"list":"some"}"#, "/list"),
            (#"{"funnel":{"steps":[{"type":"a.b.c"}]},"explain":{"step":2}}"#, "/explain/step"),
            (#"{"funnel":{"steps":[{"type":"a.b.c"}]},"explain":{}}"#, "/explain"),
            (#"{"funnel":{"steps":[{"type":"a.b.c","type":"d.e.f"}]}}"#, "/funnel/steps/0/type"),
            (#"{"funnel":""# + String(repeating: "x", count: 1 << 20) + #""}"#, ""),
        ]

    @Test func eachIsRefusedWhereItsFaultIs() {
        for (question, pointer) in Self.table {
            guard case .invalid(let faults) = Self.fault(of: question) else {
                Issue.record("\(question.prefix(200)) was not refused")
                continue
            }
            #expect(faults.first?.pointer == pointer, "\(question.prefix(200)): \(faults)")
            #expect(faults.allSatisfy { !$0.detail.isEmpty && $0.code == "invalid-question" })
        }
    }

    @Test(arguments: ["", "{", #"{"funnel":}"#, String(repeating: "[", count: 100)])
    func whatIsNotJSONIsMalformed(question: String) {
        guard case .malformed = Self.fault(of: question) else {
            Issue.record("it was not refused")
            return
        }
    }

    @Test func everyFaultIsNamedAtOnce() {
        guard case .invalid(let faults) = Self.fault(of: #"{"funnel":{"steps":[{}],"window":-1,"order":"up"},"at":1}"#) else {
            Issue.record("it was not refused")
            return
        }
        #expect(Set(faults.map(\.pointer)) == ["/funnel/steps/0", "/funnel/window", "/funnel/order", "/at"])
    }

    private static func fault(of question: String) -> QuestionFault? {
        let utf8 = Array(question.utf8)
        do throws(QuestionFault) {
            _ = try Question(utf8.span)
            return nil
        } catch {
            return error
        }
    }

    @Test func theHashIsOfTheDefinitionAlone() throws {
        func hash(_ text: String) throws -> String {
            let utf8 = Array(text.utf8)
            return try Question(utf8.span).hash
        }
        let one = try hash(#"{"funnel":{"steps":[{"type":"a.b.c"}],"window":60},"list":"journeys"}"#)
        #expect(one == (try hash(#"{ "funnel": {"window": 60.0, "steps": [ {"type": "a.b.c"} ]}, "asOf": 3 }"#)))
        #expect(one != (try hash(#"{"funnel":{"steps":[{"type":"a.b.c"}],"window":61}}"#)))
        #expect(one.hasPrefix("sha256:") && one.count == 71)
    }
}
