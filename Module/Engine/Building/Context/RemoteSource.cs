using Containers.Engine.Building.Syntax;

namespace Containers.Engine.Building.Context;

/// <summary>Tells sources of ADD, and contexts, that come from elsewhere from paths.</summary>
internal static class RemoteSource
{
    internal static bool IsRemote(string text) => IsWeb(text) || IsGit(text);

    /// <summary>Whether a source of the instruction is fetched: COPY never does.</summary>
    internal static bool IsFetched(FileInstruction instruction, Word source) => instruction is AddInstruction && IsRemote(source.Text);

    /// <summary>A file to download; an address that ends with .git is a repository.</summary>
    internal static bool IsWeb(string text) => (HasScheme(text, "http") || HasScheme(text, "https")) && !IsGit(text);

    internal static bool IsGit(string text) => GitReference.TryParse(text, out _, out _);

    /// <summary>An address for messages and for what is kept: without user and password. Others are as they are.</summary>
    internal static string Shown(string text) =>
        text.Contains("://", StringComparison.Ordinal) && Uri.TryCreate(text, UriKind.Absolute, out Uri? uri)
        && uri.UserInfo.Contains(':', StringComparison.Ordinal)
            ? uri.GetComponents(UriComponents.AbsoluteUri & ~UriComponents.UserInfo, UriFormat.UriEscaped)
            : text;

    internal static bool HasScheme(string text, string scheme) =>
        text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) && text.AsSpan(scheme.Length).StartsWith("://");
}
