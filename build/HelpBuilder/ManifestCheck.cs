using System.Management.Automation;
using System.Reflection;

namespace Containers.HelpBuilder;

/// <summary>The manifest lists by hand what the module has; a difference would hide a cmdlet, or promise one that is not there.</summary>
public static class ManifestCheck
{
    public static IEnumerable<Problem> Run(StagedModule module)
    {
        var aliases = module.CmdletTypes.SelectMany(type => type.GetCustomAttribute<AliasAttribute>()?.AliasNames ?? []);
        return Compare(module, "CmdletsToExport", module.CmdletTypes.Select(StagedModule.CmdletName))
            .Concat(Compare(module, "AliasesToExport", aliases))
            .Concat(Compare(module, "FormatsToProcess", module.FormatFiles(".format.ps1xml")))
            .Concat(Compare(module, "TypesToProcess", module.FormatFiles(".types.ps1xml")))
            .Concat(Version(module));
    }

    private static IEnumerable<Problem> Compare(StagedModule module, string key, IEnumerable<string> actual)
    {
        var there = actual.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var listed = module.ManifestList(key).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var missing = there.Except(listed, StringComparer.OrdinalIgnoreCase).Order().ToList();
        if (missing.Count > 0)
        {
            yield return new Problem("Containers.psd1", 0, $"{key} lacks '{string.Join("', '", missing)}'");
        }

        var extra = listed.Except(there, StringComparer.OrdinalIgnoreCase).Order().ToList();
        if (extra.Count > 0)
        {
            yield return new Problem("Containers.psd1", 0, $"{key} lists '{string.Join("', '", extra)}', which the module does not have");
        }
    }

    private static IEnumerable<Problem> Version(StagedModule module)
    {
        var built = module.Assembly.GetName().Version!.ToString(3);
        var listed = module.ManifestList("ModuleVersion").Single();
        if (built != listed)
        {
            yield return new Problem("Containers.psd1", 0, $"ModuleVersion is {listed}, Directory.Build.props says {built}");
        }
    }
}
