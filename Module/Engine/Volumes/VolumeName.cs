using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Containers.Engine.Volumes;

/// <summary>What a volume may be called.</summary>
internal static partial class VolumeName
{
    private const int MaximumLength = 200;

    /// <summary>docker's grammar: what is no such name in -Volume and -Mount is a path.</summary>
    internal static bool IsValid(string name) => name.Length <= MaximumLength && Grammar().IsMatch(name);

    /// <exception cref="EngineException">InvalidVolumeName.</exception>
    internal static void Validate(string name)
    {
        if (!IsValid(name))
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidVolumeName", $"\"{name}\" is no valid name for a volume.", name,
                $"Use up to {MaximumLength} letters, digits, '_', '.' and '-', beginning with a letter or a digit.");
        }
    }

    internal static string Random() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    [GeneratedRegex("^[a-zA-Z0-9][a-zA-Z0-9_.-]*\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Grammar();
}
