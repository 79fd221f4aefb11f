using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Containers.Engine.Lifecycle;

/// <summary>What a container may be called, and names for those nobody named.</summary>
internal static partial class ContainerName
{
    private const int MaximumLength = 128;

    private static readonly string[] s_adjectives =
    [
        "agile", "amber", "bold", "brave", "bright", "brisk", "calm", "clever", "cosmic", "crisp", "daring", "deft", "eager", "early", "fair",
        "fine", "fleet", "frosty", "gentle", "glad", "golden", "grand", "happy", "hardy", "keen", "kind", "lively", "lucid", "lunar", "merry",
        "mild", "modest", "neat", "nimble", "noble", "patient", "placid", "plain", "polite", "proud", "quick", "quiet", "rapid", "ready",
        "serene", "sharp", "silent", "simple", "sleek", "smart", "solar", "solid", "spry", "steady", "stoic", "sunny", "swift", "tidy", "vivid",
        "warm", "wise", "witty", "zealous", "zesty",
    ];

    private static readonly string[] s_scientists =
    [
        "archimedes", "babbage", "bardeen", "bell", "bohr", "boole", "boyle", "cantor", "cauchy", "chandrasekhar", "copernicus", "curie",
        "darwin", "dijkstra", "dirac", "einstein", "euclid", "euler", "faraday", "fermat", "fermi", "feynman", "fourier", "franklin", "galileo",
        "gauss", "germain", "goodall", "hamilton", "hawking", "heisenberg", "hopper", "hubble", "hypatia", "johnson", "kepler", "kowalevski",
        "lagrange", "lamarr", "laplace", "leavitt", "leibniz", "lovelace", "maxwell", "meitner", "mendel", "mirzakhani", "newton", "nobel",
        "noether", "pascal", "pasteur", "planck", "poincare", "ptolemy", "ramanujan", "riemann", "ritchie", "shannon", "tesla", "thompson",
        "turing", "volta", "wu",
    ];

    /// <exception cref="EngineException">InvalidName.</exception>
    internal static void Validate(string name)
    {
        if (name.Length > MaximumLength || !Grammar().IsMatch(name))
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidName", $"\"{name}\" is no valid name for a container.", name,
                $"Use up to {MaximumLength} letters, digits, '_', '.' and '-', beginning with a letter or a digit.");
        }

        if (name.Length == 64 && name.All(char.IsAsciiHexDigitLower))
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidName", $"\"{name}\" reads like an id.", name, "Choose a name that is no id.");
        }
    }

    internal static string Random() =>
        s_adjectives[RandomNumberGenerator.GetInt32(s_adjectives.Length)] + "_" + s_scientists[RandomNumberGenerator.GetInt32(s_scientists.Length)];

    [GeneratedRegex("^[a-zA-Z0-9][a-zA-Z0-9_.-]*\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Grammar();
}
