import CommandLineTools
import FoundationEssentials
import Testing

/// The lines that a map makes of a CSV text.
func imported(_ csv: String, map: String) throws -> [String] {
    let map = try ImportMap(json: Array(map.utf8).span)
    var bound: BoundMap?
    var lines: [UInt8] = []
    var reader = CSVReader()
    let take = { (row: CSVRow, line: Int) in
        if let bound {
            try bound.event(row: row, line: line, into: &lines)
        } else {
            bound = try map.bind(header: row.texts)
        }
    }
    try reader.feed(Array(csv.utf8).span, take)
    try reader.finish(take)
    return String(decoding: lines, as: UTF8.self).split(separator: "\n").map(String.init)
}

/// The `data` that a map with these members makes of one row.
func importedData(_ members: String, _ header: String, _ row: String) throws -> String {
    let map = #"{"source": "/s", "id": "1", "type": "t", "subject": "a:b", "data": {"# + members + "}}"
    let line = try #require(try imported(header + "\n" + row + "\n", map: map).first)
    let prefix = #"{"specversion":"1.0","id":"1","source":"/s","type":"t","subject":"a:b","data":"#
    try #require(line.hasPrefix(prefix))
    return String(line.dropFirst(prefix.count).dropLast())
}

func importFault(_ csv: String, map: String) -> String? {
    #expect(throws: ImportFault.self) { try imported(csv, map: map) }?.description
}

@Suite struct ImportMapTests {
    @Test func everyAttributeHasItsTemplate() throws {
        let map = #"""
            {"source": "/crm", "id": "{id}", "type": "sales.opportunity.won", "subject": "opportunity:{id}", "account": "account:{firm}",
             "time": "{at}", "data": {"opp_id": "{id}", "money": {"minor": "{sum|minor:2}", "ccy": "EUR"}}}
            """#
        let lines = try imported("id,firm,at,sum\n7,\"a \"\"b\"\"\",2018-02-26 19:58:54,12.5\n8,,2018-02-26,\n", map: map)
        #expect(
            lines == [
                #"{"specversion":"1.0","id":"7","source":"/crm","type":"sales.opportunity.won","subject":"opportunity:7","#
                    + #""account":"account:a \"b\"","time":"2018-02-26T19:58:54Z","data":{"opp_id":"7","money":{"minor":1250,"ccy":"EUR"}}}"#,
                #"{"specversion":"1.0","id":"8","source":"/crm","type":"sales.opportunity.won","subject":"opportunity:8","#
                    + #""time":"2018-02-26T00:00:00Z","data":{"opp_id":"8","money":{"ccy":"EUR"}}}"#,
            ])
    }

    @Test(arguments: [
        ("{x}", "Ab", #""Ab""#), ("{x|lower}", "ÀB", #""àb""#), ("-{x}-{x|lower}", "A", #""-A-a""#),
        ("{{x}}", "1", #""{x}}""#), ("{{{x}", "1", #""{1""#), ("", "1", #""""#),
        ("{x|date}", "2018-02-26 19:58:54", #""2018-02-26""#), ("{x|date}", "2018-02-26T23:30:00-02:00", #""2018-02-27""#),
        ("{x|int}", "-42", "-42"), ("{x|int}", "+5.00", "5"), ("{x|int}", "007", "7"), ("n{x|int}", "5", #""n5""#),
        ("{x|int}", "-9223372036854775808", "-9223372036854775808"),
        ("{x|number}", "0.10", "0.10"), ("{x|number}", "-1e3", "-1e3"), ("{x|number}", " 5 ", "5"),
        ("{x|bool}", "Yes", "true"), ("{x|bool}", "0", "false"), ("is {x|bool}", "t", #""is true""#),
        ("{x|minor:2}", "0.0", "0"), ("{x|minor:2}", "12.3", "1230"), ("{x|minor:2}", "-0.05", "-5"), ("{x|minor:2}", "1.2300", "123"),
        ("{x|minor:0}", "7", "7"), ("{x|minor:3}", "1", "1000"),
        // A double would make 11448999 and 90071992547409.92 of these.
        ("{x|minor:2}", "114489.99", "11448999"), ("{x|minor:2}", "90071992547409.93", "9007199254740993"),
    ])
    func templateGives(template: String, field: String, json: String) throws {
        #expect(try importedData("\"v\": \"\(template)\"", "x", field) == "{\"v\":\(json)}")
    }

    @Test func emptyColumnsAreLeftOut() throws {
        let members = #""a": "{x}", "b": {"c": "{x|int}", "d": {"e": "{x}"}}, "f": "f{x}", "g": {"h": "{y}", "i": "{x}"}"#
        #expect(try importedData(members, "x,y", ",1") == #"{"f":"f","g":{"h":"1"}}"#)
        #expect(try importedData(#""a": "{x}""#, "x,y", ",1") == "{}")
    }

    @Test(arguments: [
        ("{x|int}", "1.5", "is not an integer"), ("{x|int}", "a", "is not a decimal number such as 1234.50"),
        ("{x|int}", "9223372036854775808", "is too large"), ("{x|minor:2}", "1.234", "has more than 2 decimals"),
        ("{x|minor:2}", "1,50", "is not a decimal number such as 1234.50"),
        ("{x|minor:2}", "1.", "is not a decimal number such as 1234.50"),
        ("{x|minor:2}", "92233720368547758.08", "is too large"), ("{x|number}", "0x10", "is not a number"),
        ("{x|number}", "true", "is not a number"), ("{x|bool}", "maybe", "is not a truth value"),
        ("{x|date}", "2018-02-30", "is not a date or a date and time, such as 2026-03-01 or 2026-03-01 09:30:00"),
    ])
    func fieldsThatDoNotFitAreFaults(template: String, field: String, reason: String) throws {
        let fault = #expect(throws: ImportFault.self) { try importedData("\"v\": \"\(template)\"", "x", "\"\(field)\"") }
        #expect(fault?.description == "line 2: column 'x': '\(field)' \(reason)")
    }

    @Test func rowsThatLackSomethingAreFaults() throws {
        let map = #"{"source": "/s", "id": "{id}", "type": "t", "subject": "a:{id}", "time": "{at}"}"#
        #expect(importFault("id,at\n,2018-01-01", map: map) == "line 2: a column that 'id' needs is empty")
        #expect(importFault("id,at\n\n1,", map: map) == "line 3: a column that 'time' needs is empty")
        #expect(importFault("id,at\n1,2018-01-01\n2", map: map) == "line 3: 1 fields where the header has 2")
        #expect(importFault("id,at\n1,soon", map: map)?.hasPrefix("line 2: time: 'soon' is not a date") == true)
    }

    @Test(arguments: [
        ("[]", "the map is not a JSON object"),
        ("{", "the map is not JSON: byte 1: expected a member name, found the end"),
        (#"{"source": "/s", "id": "1", "type": "t"}"#, "the map has no 'subject'"),
        (
            #"{"source": "/s", "ident": "1"}"#,
            "the map has the unknown key 'ident'; there are source, id, type, subject, account, time, data"
        ),
        (#"{"id": "1", "id": "2"}"#, "the map has 'id' twice"),
        (#"{"source": {"a": "b"}}"#, "source is not a template in quotes"),
        (#"{"source": 1}"#, "source is neither a template in quotes nor an object"),
        (#"{"source": "{x"}"#, "source: '{x' has a '{' without its '}'"),
        (#"{"source": "{|int}"}"#, "source: '{|int}' names no column between '{' and '}'"),
        (
            #"{"source": "{x|upper}"}"#,
            "source: '{x|upper}' uses the filter 'upper'; there are date, int, number, bool, minor:0 to minor:4 and lower"
        ),
        (#"{"source": "s", "id": "1", "type": "t", "subject": "a:b", "data": "x"}"#, "data is not an object"),
        (
            #"{"source": "s", "id": "1", "type": "t", "subject": "a:b", "data": {"a": {"b": 1}}}"#,
            "data.a.b is neither a template in quotes nor an object"
        ),
        (#"{"source": "s", "id": "1", "type": "t", "subject": "a:b", "data": {"a": "1", "a": "2"}}"#, "data.a is there twice"),
    ])
    func mapsThatAreWrongAreFaults(map: String, reason: String) {
        #expect(importFault("x\n1", map: map) == reason)
    }

    @Test func columnsThatAreNotThereAreNamedBeforeAnyRow() {
        let map = #"{"source": "/s", "id": "{idd}", "type": "t", "subject": "a:b"}"#
        #expect(importFault("id,at\n", map: map) == "the file has no column 'idd'; it has id, at")
        let twice = #"{"source": "/s", "id": "{id}", "type": "t", "subject": "a:b"}"#
        #expect(importFault("id,id\n", map: twice) == "the file has the column 'id' twice")
    }

    @Test func theShippedMapsFitTheirFiles() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/examples/olist")
        let map = { (name: String) in try String(contentsOf: folder.appending(path: name), encoding: .utf8) }
        let leads = try imported(
            "mql_id,first_contact_date,landing_page_id,origin\nd1,2018-02-01,p9,paid_search\nd2,2018-02-02,p9,\n",
            map: map("leads.map.json"))
        #expect(
            leads == [
                #"{"specversion":"1.0","id":"d1","source":"/olist/mql","type":"marketing.lead.qualified","subject":"lead:d1","#
                    + #""time":"2018-02-01T00:00:00Z","data":{"lead_id":"d1","origin":"paid_search","landing_page":"p9"}}"#,
                #"{"specversion":"1.0","id":"d2","source":"/olist/mql","type":"marketing.lead.qualified","subject":"lead:d2","#
                    + #""time":"2018-02-02T00:00:00Z","data":{"lead_id":"d2","landing_page":"p9"}}"#,
            ])
        let deals = try imported(
            "mql_id,won_date,business_segment,declared_monthly_revenue\nd1,2018-02-26 19:58:54,pet,1500.5\n", map: map("deals.map.json"))
        #expect(
            deals == [
                #"{"specversion":"1.0","id":"d1","source":"/olist/deals","type":"sales.opportunity.won","subject":"lead:d1","#
                    + #""time":"2018-02-26T00:00:00Z","data":{"opp_id":"d1","money":{"minor":150050,"ccy":"BRL"},"segment":"pet"}}"#
            ])
    }
}
