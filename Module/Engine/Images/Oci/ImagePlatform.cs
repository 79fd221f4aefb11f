using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Containers.Engine.Images;

/// <summary>What an image runs on, as Go names it: linux/amd64, linux/arm64/v8.</summary>
public sealed record ImagePlatform
{
    public required string Os { get; init; }

    public required string Architecture { get; init; }

    /// <summary>For example "v8"; null where there is none.</summary>
    public string? Variant { get; init; }

    /// <summary>This machine's.</summary>
    public static ImagePlatform Current { get; } = RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.Arm64 => new ImagePlatform { Os = "linux", Architecture = "arm64", Variant = "v8" },
        _ => new ImagePlatform { Os = "linux", Architecture = "amd64" },
    };

    /// <exception cref="EngineException">InvalidPlatform.</exception>
    public static ImagePlatform Parse(string text) => TryParse(text, out ImagePlatform? platform)
        ? platform
        : throw new EngineException(
            EngineErrorKind.InvalidArgument, "InvalidPlatform", $"\"{text}\" is no platform.", text,
            "Write it as os/architecture[/variant], for example linux/arm64/v8.");

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out ImagePlatform? platform)
    {
        platform = null;
        string[] parts = (text ?? "").Split('/');
        if (parts.Length is not (2 or 3) || !parts.All(IsName))
        {
            return false;
        }

        platform = new ImagePlatform { Os = parts[0], Architecture = parts[1], Variant = parts.Length == 3 ? parts[2] : null };
        return true;
    }

    /// <summary>os/architecture[/variant].</summary>
    public override string ToString() => Os + "/" + Architecture + (Variant is null ? "" : "/" + Variant);

    private static bool IsName(string part) => part.Length is > 0 and <= 64 && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');
}
