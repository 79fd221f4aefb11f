using Containers.Engine.Linux;

namespace Containers.Engine.Images;

/// <summary>What is wrong with a layer's files; becomes DamagedLayer, or a sentence of <see cref="LayerStore.Verify"/>.</summary>
internal sealed class LayerDamage(string message, Exception? inner = null) : Exception(message, inner)
{
    internal static LayerDamage Of(ReadOnlySpan<byte> path, string what) => new($"its file '{NativePath.ToText(path)}' {what}");
}
