namespace Containers.Engine.Launch;

/// <summary>A mount whose source was looked up.</summary>
/// <param name="Spec">What was asked for.</param>
/// <param name="Source">The steps that leave it in a slot.</param>
/// <param name="IsFileSystem">
/// False: they leave a file or directory in <see cref="Slot.Source"/>, to be bound. True: a mount of its own in <see cref="Slot.Mount"/>.
/// </param>
internal sealed record PlannedMount(MountSpec Spec, IReadOnlyList<LaunchStep> Source, bool IsFileSystem)
{
    internal static PlannedMount Bind(MountSpec spec) => new(spec, [LaunchSteps.OpenHost(Slot.Source, spec.Source)], false);

    internal static PlannedMount Tmpfs(MountSpec spec)
    {
        List<string> options = ["source", "tmpfs", "mode", Convert.ToString(spec.Mode ?? 0x3FF, 8)]; // 1777
        if (spec.Size is { } size)
        {
            options.AddRange(["size", size.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        }

        return new(spec, [LaunchSteps.CreateFileSystem(Slot.Mount, "tmpfs", LaunchPlanCompiler.Attributes(spec), [.. options])], true);
    }
}
