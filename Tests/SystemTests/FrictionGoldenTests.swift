import JourneyModel
import TestSupport
import Testing

/// Frictions of simulated companies, by question and by view, as the first implementation found them: one that put the cases of every group side by
/// side and sorted them. Hashes of its answers (FNV-1a), so that what makes them faster cannot change a byte.
@Suite(.serialized) struct FrictionGoldenTests {
    private static let calendar = #"{"open":"09:00","close":"17:30","offset":"+01:00","holidays":["2026-05-01"]}"#
    private static let questions = [
        #"{"friction":{"limit":1000},"at":"2027-01-01"}"#,
        #"{"friction":{"limit":1000,"scope":"sales","from":"2026-03-01","calendar":\#(calendar)},"at":"2026-10-01"}"#,
        #"{"friction":{"limit":1000,"dimensions":["data.region","source"]},"asOf":9000,"at":"2026-08-01"}"#,
    ]
    private static let views = [
        "/v1/friction?at=2027-01-01", "/v1/friction?at=2026-09-01&by=data.region", "/v1/friction?at=2026-09-01&by=source&scope=sales",
        "/v1/friction?at=2027-01-01&from=2026-02-01&to=2026-08-01",
    ]
    /// By seed, the hashes of the answers to all of them.
    private static let expected: [[UInt64]] = [
        [
            0x851a_463e_dc16_c34e, 0x9e81_4bb8_3202_7928, 0x3be5_742c_1b70_c107, 0x3523_caa5_5bde_bf8c, 0x5dc8_6044_60ca_89b7,
            0x17e5_ad04_9fc8_a2b1, 0x5285_9052_e373_a9f1,
        ],
        [
            0xed25_3813_f8ca_81f8, 0x3856_f4a0_fc9a_7adc, 0x265f_24bc_c4e0_f809, 0x21a1_87b7_cd66_c9e2, 0x2962_1b35_b7cc_c0e3,
            0x78e0_3f34_d3aa_1d41, 0x945c_5ebd_d2e3_448c,
        ],
        [
            0x3552_9b65_ac5b_e7c8, 0xcd7c_4185_2e4c_29e2, 0x40da_722f_a88f_ee71, 0x5639_aa7e_2b3e_7581, 0x5abd_cab0_19fd_71f5,
            0x8bd1_922d_d95d_506d, 0x6fea_f71a_5a90_1d4a,
        ],
        [
            0xbe7e_b8ce_b7ba_becd, 0xd147_7d85_71b9_ea71, 0xcd1c_c25f_eae6_8f66, 0x0c7f_f3a8_ab55_1676, 0xd90a_430a_c53d_e26b,
            0x178f_2a5f_f76c_0ec3, 0xc5fb_0c1b_2e0e_e29e,
        ],
        [
            0x7fa8_53fb_43f5_add3, 0x4176_0025_94bc_686a, 0x1222_3b9f_af51_1e7f, 0x4412_26f2_e342_87e6, 0xc46e_fbf6_b52a_6358,
            0x9a59_3169_4392_cc7d, 0x51b1_ebb3_f60e_0d1a,
        ],
    ]

    @Test(arguments: expected.indices) func theAnswersAreAsTheyWere(index: Int) throws {
        let scratch = try Scratch()
        let daemon = try Daemon(scratch)
        let simulated = try Program.run("journeyctl", ["simulate", "--journeys", "1000", "--seed", "\(index + 1)"], in: scratch)
        let last = try daemon.post(simulated.output, "application/x-ndjson").lines.compactMap { $0["last"]?.integer }.max() ?? 0
        var answers = try Self.questions.map { try daemon.post($0, "application/json", to: "/v1/questions").body }
        answers += try Self.views.map { try daemon.get("\($0)&after=\(last)").body }
        for (number, (answer, expected)) in zip(answers, Self.expected[index]).enumerated() {
            #expect(Self.hash(ofFrictions: answer) == expected, "seed \(index + 1), answer \(number + 1)")
        }
    }

    /// FNV-1a of an answer from its frictions on; what comes before may grow.
    private static func hash(ofFrictions answer: [UInt8]) -> UInt64 {
        let mark = Array(#""frictions":"#.utf8)
        guard let start = answer.indices.first(where: { answer[$0...].starts(with: mark) }) else { return 0 }
        return answer[start...].reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
