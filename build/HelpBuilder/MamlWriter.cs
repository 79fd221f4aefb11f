using System.Xml.Linq;

namespace Containers.HelpBuilder;

/// <summary>Writes the XML that Get-Help reads (MAML, one command element per cmdlet).</summary>
public static class MamlWriter
{
    private static readonly XNamespace s_msh = "http://msh";
    private static readonly XNamespace s_maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace s_command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace s_dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    public static XDocument Write(HelpPages help, IEnumerable<CommandFacts> commands) => new(
        new XDeclaration("1.0", "utf-8", null),
        new XElement(s_msh + "helpItems", new XAttribute("schema", "maml"), commands.Select(command => Command(help, command))));

    private static XElement Command(HelpPages help, CommandFacts command)
    {
        var page = help.Pages[command.Name];
        var dash = command.Name.IndexOf('-', StringComparison.Ordinal);
        var inputs = command.Parameters.Where(parameter => parameter.FromPipeline).Select(parameter => parameter.Type).Distinct();
        return new XElement(
            s_command + "command",
            new XAttribute(XNamespace.Xmlns + "maml", s_maml),
            new XAttribute(XNamespace.Xmlns + "command", s_command),
            new XAttribute(XNamespace.Xmlns + "dev", s_dev),
            new XElement(
                s_command + "details",
                new XElement(s_command + "name", command.Name),
                new XElement(s_command + "verb", command.Name[..dash]),
                new XElement(s_command + "noun", command.Name[(dash + 1)..]),
                Text(s_maml + "description", [page.Synopsis])),
            Text(s_maml + "description", page.Description),
            new XElement(s_command + "syntax", command.Sets.Select(set => SyntaxItem(command.Name, set))),
            new XElement(s_command + "parameters", command.Parameters.Select(parameter => FullParameter(help, page, parameter))),
            new XElement(s_command + "inputTypes", inputs.Select(type => Typed("inputType", type))),
            new XElement(s_command + "returnValues", command.Outputs.Select(type => Typed("returnValue", type))),
            new XElement(s_maml + "alertSet", Text(s_maml + "alert", page.Notes)),
            new XElement(s_command + "examples", page.Examples.Select(Example)),
            new XElement(s_command + "relatedLinks", page.Links.Select(Link)));
    }

    private static XElement SyntaxItem(string name, ParameterSetFacts set) => new(
        s_command + "syntaxItem",
        new XElement(s_maml + "name", name),
        set.Parameters.Select(parameter => Parameter(parameter, ValueElements(parameter))));

    private static XElement FullParameter(HelpPages help, HelpPage page, ParameterFacts parameter)
    {
        var words = Words(help, page, parameter);
        var paragraphs = parameter.Values.Count > 0
            ? words.Paragraphs.Append("Values: " + string.Join(", ", parameter.Values) + ".")
            : words.Paragraphs;
        return Parameter(
            parameter,
            Text(s_maml + "description", paragraphs),
            new XElement(s_command + "parameterValue", Required(!parameter.IsSwitch), parameter.Type),
            new XElement(s_dev + "type", new XElement(s_maml + "name", parameter.Type)),
            new XElement(s_dev + "defaultValue", words.Default ?? (parameter.IsSwitch ? "False" : "None")));
    }

    private static HelpParameter Words(HelpPages help, HelpPage page, ParameterFacts parameter) =>
        help.Find(page, parameter.Name) ?? new HelpParameter(
            parameter.Name,
            [parameter.Name == "WhatIf" ? "Shows what would happen and changes nothing." : "Asks before each change."],
            null,
            page.File,
            0);

    private static XElement Parameter(ParameterFacts parameter, params object[] content) => new(
        s_command + "parameter",
        Required(parameter.Mandatory),
        new XAttribute("variableLength", parameter.Type.EndsWith("[]", StringComparison.Ordinal) ? "true" : "false"),
        new XAttribute("globbing", parameter.Wildcards ? "true" : "false"),
        new XAttribute("pipelineInput", parameter.Pipeline),
        new XAttribute("position", parameter.Position),
        new XAttribute("aliases", parameter.Aliases.Count == 0 ? "none" : string.Join(", ", parameter.Aliases)),
        new XElement(s_maml + "name", parameter.Name),
        content);

    // A switch shows no value in the syntax; an enumeration shows its values.
    private static object[] ValueElements(ParameterFacts parameter) => parameter switch
    {
        { IsSwitch: true } => [],
        { Values.Count: > 0 and <= 8 } =>
        [
            new XElement(
                s_command + "parameterValueGroup",
                parameter.Values.Select(value => new XElement(s_command + "parameterValue", Required(false), value))),
        ],
        _ => [new XElement(s_command + "parameterValue", Required(true), parameter.Type)],
    };

    // Get-Help puts no line break between introduction and code, so the introduction is shown after the code; and none between one
    // example and the next, so an empty paragraph closes each.
    private static XElement Example(HelpExample example, int index) => new(
        s_command + "example",
        new XElement(s_maml + "title", $"Example {index + 1}: {example.Title}"),
        new XElement(s_dev + "code", example.Code),
        Text(s_dev + "remarks", [.. example.Introduction, .. example.Remarks, ""]));

    private static XElement Link(HelpLink link) => new(
        s_maml + "navigationLink",
        new XElement(s_maml + "linkText", link.Text),
        new XElement(s_maml + "uri", link.Uri));

    private static XElement Typed(string element, string type) => new(
        s_command + element,
        new XElement(s_dev + "type", new XElement(s_maml + "name", type)));

    private static XElement Text(XName name, IEnumerable<string> paragraphs) =>
        new(name, paragraphs.Select(paragraph => new XElement(s_maml + "para", paragraph)));

    private static XAttribute Required(bool required) => new("required", required ? "true" : "false");
}
