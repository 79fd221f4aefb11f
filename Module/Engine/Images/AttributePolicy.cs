namespace Containers.Engine.Images;

/// <summary>
/// Which extended attributes travel in images: file capabilities and the user's own. Overlay's would steer the mount, labels of
/// security modules belong to the host, and the rest has no meaning elsewhere.
/// </summary>
internal static class AttributePolicy
{
    internal static bool IsKept(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("security.capability"u8)
        || (name.StartsWith("user."u8) && name.Length > 5 && !name.StartsWith("user.overlay."u8));
}
