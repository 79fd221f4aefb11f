using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace Containers.HelpBuilder;

/// <summary>
/// The module as it was staged, imported into a hosted PowerShell: that it can be imported at all is the first thing the build
/// learns, and PowerShell's own view of parameter sets is what the help must show.
/// </summary>
public sealed class StagedModule : IDisposable
{
    private readonly string _folder;
    private readonly Runspace _runspace;
    private readonly System.Collections.Hashtable _manifest;

    public StagedModule(string folder)
    {
        _folder = folder;
        ManifestFile = Path.Combine(folder, "Containers.psd1");
        _runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
        _runspace.Open();
        Invoke(shell => shell.AddCommand("Import-Module").AddParameter("Name", ManifestFile).AddParameter("ErrorAction", "Stop"));

        var ast = Parser.ParseFile(ManifestFile, out _, out _);
        var table = ast.Find(node => node is HashtableAst, searchNestedScriptBlocks: false)
            ?? throw new InvalidDataException($"'{ManifestFile}' holds no table.");
        _manifest = (System.Collections.Hashtable)((HashtableAst)table).SafeGetValue();

        Assembly = AppDomain.CurrentDomain.GetAssemblies().Single(assembly => assembly.GetName().Name == "Containers");
        CmdletTypes = [.. Assembly.GetTypes().Where(type => type.GetCustomAttribute<CmdletAttribute>() is not null)];
    }

    public string ManifestFile { get; }

    public Assembly Assembly { get; }

    public IReadOnlyList<Type> CmdletTypes { get; }

    public static string CmdletName(Type type)
    {
        var attribute = type.GetCustomAttribute<CmdletAttribute>()!;
        return $"{attribute.VerbName}-{attribute.NounName}";
    }

    /// <summary>A list of the manifest, empty where the key is absent.</summary>
    public IReadOnlyList<string> ManifestList(string key) => _manifest[key] switch
    {
        null => [],
        object[] values => [.. values.Cast<string>()],
        var value => [value.ToString()!],
    };

    /// <summary>Files of Formats/ in the staged folder with the given ending, as the manifest spells them.</summary>
    public IReadOnlyList<string> FormatFiles(string ending)
    {
        var formats = Path.Combine(_folder, "Formats");
        return Directory.Exists(formats)
            ? [.. Directory.EnumerateFiles(formats, "*" + ending).Select(file => "Formats/" + Path.GetFileName(file))]
            : [];
    }

    /// <summary>The exported cmdlets, by name.</summary>
    public IReadOnlyList<CommandFacts> Commands()
    {
        var found = Invoke(shell => shell
            .AddCommand("Get-Command").AddParameter("Module", "Containers").AddParameter("CommandType", "Cmdlet"));
        return [.. found
            .Select(item => FactsReader.Read((CmdletInfo)item.BaseObject))
            .OrderBy(command => command.Name, StringComparer.Ordinal)];
    }

    public void Dispose() => _runspace.Dispose();

    private System.Collections.ObjectModel.Collection<PSObject> Invoke(Action<PowerShell> compose)
    {
        using var shell = PowerShell.Create(_runspace);
        compose(shell);
        var result = shell.Invoke();
        return shell.Streams.Error.Count == 0 ? result : throw new InvalidDataException(shell.Streams.Error[0].ToString());
    }
}
