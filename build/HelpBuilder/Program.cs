using Containers.HelpBuilder;

// HelpBuilder <staged module folder> <docs/cmdlets>
//
// Imports the staged module, checks its manifest and its help pages against it, and writes en-US/Containers.dll-Help.xml into
// the folder. Problems go to standard error in the form MSBuild shows as errors; the exit code is 1 when there is one.
if (args.Length != 2)
{
    Console.Error.WriteLine("usage: HelpBuilder <staged module folder> <help sources folder>");
    return 2;
}

var (folder, sources) = (Path.GetFullPath(args[0]), args[1]);
using var module = new StagedModule(folder);
var problems = ManifestCheck.Run(module).ToList();
var commands = module.Commands();
var help = HelpPages.Load(sources);

// Cmdlets missing from the manifest are invisible to PowerShell: the pages can only be judged once the lists agree.
if (problems.Count == 0)
{
    problems.AddRange(HelpCheck.Run(help, commands, sources));
}

if (problems.Count > 0)
{
    problems.ForEach(Console.Error.WriteLine);
    return 1;
}

var target = Directory.CreateDirectory(Path.Combine(folder, "en-US"));
MamlWriter.Write(help, commands).Save(Path.Combine(target.FullName, "Containers.dll-Help.xml"));
Console.WriteLine($"help for {commands.Count} cmdlets");
return 0;
