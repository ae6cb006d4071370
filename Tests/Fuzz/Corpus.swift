import JourneyModel
import TestSupport

/// Valid inputs of each kind, to be spoilt.
struct Corpus {
    let events: [[UInt8]]
    let arrays: [[UInt8]]
    let lines: [[UInt8]]
    let questions: [[UInt8]]
    let targets: [[UInt8]]
    let requests: [[UInt8]]

    /// From the examples of the shipped schemas, and what is written down here.
    init() throws {
        var events = [
            eventJSON("1"), eventJSON("2", account: "account:acme", data: #"{"a":[1,2.5e3,null,true],"b":{"c":"é\u00e9🎉"}}"#),
            eventJSON("3", subject: #"lead:\"q\""#, time: "2026-03-01T09:30:00.123456+02:00"), eventJSON("4", time: nil),
        ]
        for (type, text) in EventCatalogue.shippedFiles {
            let examples = try JSONValue(text: text)["examples"]?.elements ?? []
            for (number, example) in examples.enumerated() {
                var writer = JSONWriter()
                example.write(to: &writer)
                events.append(eventJSON("\(type)-\(number)", type: type, data: String(decoding: writer.bytes, as: UTF8.self)))
            }
        }
        self.events = events.map { Array($0.utf8) }
        arrays = stride(from: 0, to: events.count - 4, by: 4).map { Array("[\(events[$0..<($0 + 4)].joined(separator: " , "))]".utf8) }
        lines = stride(from: 0, to: events.count - 6, by: 6).map { Array(events[$0..<($0 + 6)].joined(separator: "\n").utf8) }
        questions = Corpus.questions.map { Array($0.utf8) }
        targets = Corpus.targets.map { Array($0.utf8) }
        requests = Corpus.requests(events: events, arrays: arrays, lines: lines)
    }

    private static let questions = [
        #"{"funnel":{"steps":[{"name":"MQL","type":"marketing.lead.qualified","where":{"data.region":{"in":["north","south"]}}},{"type":["sales.opportunity.created","partner.deal.approved"]},{"type":"sales.opportunity.won","where":{"data.money.minor":{"gte":100000}}}],"window":"P30D","order":"ordered","semantics":"journeyd/1","count":"journeys","exclude":[{"type":"sales.lead.rejected","between":[1,2]}],"breakdown":{"field":"data.region","attribution":"first"},"enteredBetween":["2026-01-01T00:00:00Z","2026-04-01T00:00:00Z"]},"asOf":120,"list":"journeys"}"#,
        #"{"funnel":{"steps":[{"type":"a.b.c"},{"any":[{"data.x":1},{"data.y":{"exists":true}}],"where":{"subject":{"prefix":"lead:"}}}],"order":"strict","histogram":10,"trend":"week","compare":["clickhouse/26.9","posthog"]},"at":"2026-06-01"}"#,
        #"{"funnel":{"steps":[{"type":"a.b.c"},{"type":"d.e.f"}],"semantics":"clickhouse/26.9","modes":["strict_order"],"window":3600}}"#,
        #"{"paths":{"activity":"type","actor":"data.resource","edges":10,"variants":3,"around":"sales.opportunity.won"}}"#,
        #"{"friction":{}}"#, #"{"friction":{"scope":"sales","by":["data.region"]},"asOf":"2026-05-01T00:00:00Z"}"#,
        #"{"retention":{"start":{"type":"finance.subscription.started"},"return":{"type":"finance.invoice.paid"},"period":"month","buckets":6}}"#,
        #"{"export":{"format":"xes","activity":"data.activity","where":{"type":"sales.*"},"journeys":["lead:1"]}}"#,
        #"{"export":{"format":"ocel"},"plan":true}"#, #"{"funnel":{"steps":[{"type":"a.b.c"}]},"explain":{"journey":"lead:1"}}"#,
    ]

    private static let targets = [
        "/v1/events?after=17&limit=100&type=sales.*&subject=lead%3A42&follow=false", "/v1/events/17", "/v1/journeys/account%3Aacme?after=7",
        "/v1/funnel?from=2026-01-01&to=2026-04-01T00:00:00Z&by=data.region&scope=sales&at=2026-06-01&after=3",
        "/v1/friction?by=source&scope=revenue", "/v1/status", "/metrics", "/healthz", "/v1/events?journey=lead:%CE%95%20a", "/v1/questions",
        "/v1/admin/verify", "/v1/views", "/v1/openapi.json", "/", "//v1//events//?&&=&after==7", "/v1/events?atomic=false&expect=12",
    ]

    private static func requests(events: [String], arrays: [[UInt8]], lines: [[UInt8]]) -> [[UInt8]] {
        var requests = targets.map { "GET \($0) HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n" }
        let bodies: [(type: String, body: String)] = [
            ("application/cloudevents+json", events[1]), ("application/cloudevents-batch+json", String(decoding: arrays[0], as: UTF8.self)),
            ("application/x-ndjson", String(decoding: lines[0], as: UTF8.self)),
        ]
        for (type, body) in bodies {
            let head = "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: \(type)\r\n"
            requests.append("\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
            requests.append("\(head)Transfer-Encoding: chunked\r\n\r\n\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n0\r\n\r\n")
            requests.append("\(head)Expect: 100-continue\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        }
        for question in questions {
            requests.append("POST /v1/questions HTTP/1.1\r\nHost: x\r\nContent-Length: \(question.utf8.count)\r\n\r\n\(question)")
        }
        for call in ["erase", "retain", "seal", "verify", "backup"] {
            let body = call == "erase" ? #"{"subject":"lead:1"}"# : call == "retain" ? #"{"before":"2020-01-01"}"# : "{}"
            requests.append("POST /v1/admin/\(call) HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        }
        // Requests one behind the other on one connection.
        requests.append(requests[5] + requests[6] + requests[16])
        return requests.map { Array($0.utf8) }
    }
}
