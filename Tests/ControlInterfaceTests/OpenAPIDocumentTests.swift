import ControlInterface
import JourneyModel
import TestSupport
import Testing

/// The code and `schemas/openapi.json` say the same: each is walked, and looked up in the other.
///
/// A call that is new has a case of ``Endpoint`` and an operation, or these fail.
@Suite struct OpenAPIDocumentTests {
    private let document: JSONValue
    private let schema: JSONSchema

    private struct Operation {
        let method: String
        let path: String
        let value: JSONValue
    }

    init() throws {
        document = try JSONValue(text: OpenAPIDocument.text)
        schema = JSONSchema(document: document)
    }

    private var operations: [Operation] {
        (document["paths"]?.members ?? []).flatMap { path in
            (path.value.members ?? []).map { Operation(method: $0.name.uppercased(), path: path.name, value: $0.value) }
        }
    }

    private func parameters(_ operation: Operation, in place: String) -> Set<String> {
        let all = (operation.value["parameters"]?.elements ?? []).map { $0["$ref"]?.text.map { schema.resolve($0) } ?? $0 }
        return Set(all.filter { $0["in"]?.text == place }.compactMap { $0["name"]?.text })
    }

    @Test func everyCallHasAnOperationAndEveryOperationACall() {
        let written = operations.map { "\($0.value["operationId"]?.text ?? "") \($0.method) \($0.path)" }
        #expect(written.sorted() == Endpoint.allCases.map { "\($0.name) \($0.method) \($0.path)" }.sorted())
        #expect(document["info"]?["version"]?.text == Version.text)
    }

    @Test(arguments: Endpoint.allCases) func aCallTakesWhatItsOperationSays(_ endpoint: Endpoint) throws {
        let operation = try #require(operations.first { $0.value["operationId"]?.text == endpoint.name })
        #expect(parameters(operation, in: "query") == Set(endpoint.parameters))
        #expect(parameters(operation, in: "header") == Set(endpoint.headers))
        let places = endpoint.path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
        #expect(parameters(operation, in: "path") == Set(places))
        #expect((operation.value["requestBody"] != nil) == (endpoint == .append || endpoint.bodyLimit != nil))
        #expect(operation.value["x-permission"]?.text == endpoint.permission?.rawValue)
    }

    /// A parameter that the document names is read, and one that it does not name is refused by its name.
    @Test(arguments: Endpoint.allCases) func noOtherParameterIsTaken(_ endpoint: Endpoint) throws {
        let path = endpoint.path.replacing("{position}", with: "1").replacing("{subject}", with: "lead:1").replacing("{name}", with: "n")
        #expect(throws: Never.self) { try Route(method: endpoint.method, target: RequestTarget(path), accept: nil, lastEventID: nil) }
        for name in Set(Endpoint.allCases.flatMap(\.parameters)).union(["nonsense"]).subtracting(endpoint.parameters) {
            let error = #expect(throws: Problem.self) {
                try Route(method: endpoint.method, target: RequestTarget("\(path)?\(name)=1"), accept: nil, lastEventID: nil)
            }
            #expect(error?.code == .invalidParameter && error?.errors.first?.pointer == "/\(name)", "\(endpoint) \(name)")
        }
        for name in endpoint.parameters {
            // Whether it is read shows in that nonsense is refused, or for free text that nothing is.
            let error = #expect(throws: Problem.self) {
                try Route(method: endpoint.method, target: RequestTarget("\(path)?\(name)="), accept: nil, lastEventID: nil)
            }
            #expect(error?.errors.first?.pointer == "/\(name)", "\(endpoint) \(name)")
        }
    }

    @Test func everyCodeIsDocumentedAndItsStatusToo() {
        let codes = schema.resolve("#/components/schemas/Problem/properties/code/enum").elements?.compactMap(\.text) ?? []
        #expect(codes.sorted() == Problem.Code.allCases.map(\.rawValue).sorted())
        let statuses = Set((document["components"]?["responses"]?.members ?? []).compactMap { Int($0.name.dropFirst(7)) })
        #expect(statuses == Set(Problem.Code.allCases.map(\.status)))
    }

    @Test func everyReferenceLeadsSomewhere() {
        var references: Set<String> = []
        func walk(_ value: JSONValue) {
            if let reference = value["$ref"]?.text { references.insert(reference) }
            for member in value.members ?? [] { walk(member.value) }
            for element in value.elements ?? [] { walk(element) }
        }
        walk(document)
        #expect(references.count > 20)
        for reference in references { #expect(schema.resolve(reference) != .null, "\(reference)") }
        let kinds = ["schemas", "responses", "headers", "parameters"]
        let declared = kinds.flatMap { kind in (document["components"]?[kind]?.members ?? []).map { "#/components/\(kind)/\($0.name)" } }
        #expect(Set(declared).subtracting(references).isEmpty, "what nobody refers to is of no use")
    }
}
