# What is measured. Each job fills $Figures; targets are those of docs/performance.md.

function Get-Median([double[]] $Value) {
    $sorted = @($Value | Sort-Object)
    $middle = [Math]::Floor($sorted.Count / 2)
    if ($sorted.Count % 2) { $sorted[$middle] } else { ($sorted[$middle - 1] + $sorted[$middle]) / 2 }
}

# Ours against a rival's: a ratio for each round, and the median of those.
# Target is the greatest ratio, or the least one where more is better; for our own figure the value.
function Add-Figure(
    [string] $Name, [string] $Engine, [string] $Unit, [double[]] $Value, [double[]] $Ours, [Nullable[double]] $Target, [switch] $AtLeast) {
    $ratio = if ($Ours) { Get-Median (0..($Ours.Count - 1) | ForEach-Object { $Ours[$_] / $Value[$_] }) }
    $measured = if ($Ours) { $ratio } else { Get-Median $Value }
    $figure = [pscustomobject]@{
        Job = $Name; Engine = $Engine; Unit = $Unit
        Median = [Math]::Round((Get-Median $Value), 2)
        Low = [Math]::Round(($Value | Measure-Object -Minimum).Minimum, 2)
        High = [Math]::Round(($Value | Measure-Object -Maximum).Maximum, 2)
        Count = $Value.Count
        Ratio = if ($Ours) { [Math]::Round($ratio, 3) }
        Target = if ($null -ne $Target) { [Math]::Round($Target, 3) }
        Met = if ($null -ne $Target) { $AtLeast ? $measured -ge $Target : $measured -le $Target }
    }
    $Figures.Add($figure)
    Write-Host ("{0,-30} {1,-11} {2,9} {3,-9} {4}" -f $Name, $Engine, $figure.Median, $Unit,
        $(if ($Ours) { "ours is $($figure.Ratio) of it" + $(if ($null -ne $Target) { ", target $($figure.Target)" }) } elseif ($null -ne $Target) { "target $Target" }))
}

function Measure-Milliseconds([scriptblock] $Action) {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $null = & $Action
    $watch.Elapsed.TotalMilliseconds
}

# Each engine once a round. Action takes the round's number and gives milliseconds (or another unit, when it says so).
function Measure-Round(
    [string] $Name, [Collections.IDictionary] $Action, [int] $Count, [hashtable] $Target, [string] $Unit = 'ms', [int] $WarmUp = 1,
    [switch] $AtLeast) {
    $values = @{}
    foreach ($engine in $Action.Keys) { $values[$engine] = [Collections.Generic.List[double]]::new() }
    for ($round = -$WarmUp; $round -lt $Count; $round++) {
        foreach ($engine in $Action.Keys) {
            $value = & $Action[$engine] ($round + $WarmUp)
            if ($round -ge 0) { $values[$engine].Add($value) }
        }
    }
    foreach ($engine in $Action.Keys) {
        $ours = if ($engine -ne 'containers') { $values['containers'] }
        Add-Figure $Name $engine $Unit $values[$engine] $ours $Target[$engine] -AtLeast:$AtLeast
    }
}

# From the call to the exit of a container that does nothing, in a warm session.
function Measure-Run {
    # Tiered compilation has done its work after some thirty calls and a moment.
    foreach ($i in 1..60) { Invoke-ContainerImage bench -Command true -RemoveOnExit -Network none }
    Start-Sleep -Seconds 1
    $actions = [ordered]@{ containers = { Measure-Milliseconds { Invoke-ContainerImage bench -Command true -RemoveOnExit -Network none } } }
    if ($Rivals.Contains('crun')) { $actions.crun = { param($n) Invoke-Rival crun @('run', '--bundle', "$work/bundle", "run$n") } }
    if ($Rivals.Contains('docker')) { $actions.docker = { Invoke-Rival docker ((Get-RunOption docker) + @('--rm', 'bench', 'true')) } }
    if ($Rivals.Contains('podman')) { $actions.podman = { Invoke-Rival podman ((Get-RunOption podman) + @('--rm', 'bench', 'true')) } }
    Measure-Round 'run true to exit' $actions $Rounds @{ crun = 1.2; docker = 1 / 12 } -WarmUp 3
}

# A program in a container that runs, from the call to its exit, in a warm session.
function Measure-Exec {
    $null = Invoke-ContainerImage bench -Name exec -Command sleep, 1000 -Detach -Network none
    foreach ($i in 1..60) { Invoke-ContainerCommand exec true }
    Start-Sleep -Seconds 1
    $actions = [ordered]@{ containers = { Measure-Milliseconds { Invoke-ContainerCommand exec true } } }
    if ($Rivals.Contains('crun')) {
        $bundle = New-Item -ItemType Directory -Path "$work/execbundle"
        $spec = Get-Content "$work/bundle/config.json" -Raw | ConvertFrom-Json -AsHashtable
        $spec.process.args = @('sleep', '1000')
        $spec.root.path = "$work/bundle/rootfs"
        $spec | ConvertTo-Json -Depth 20 | Set-Content "$bundle/config.json"
        $null = Invoke-Rival crun @('run', '--detach', '--bundle', "$bundle", 'exec')
        $actions.crun = { Invoke-Rival crun @('exec', 'exec', 'true') }
    }
    foreach ($name in @('docker', 'podman').Where({ $Rivals.Contains($_) })) {
        $null = Invoke-Rival $name ((Get-RunOption $name) + @('-d', '--name', 'exec', 'bench', 'sleep', '1000'))
        $actions[$name] = { Invoke-Rival $name @('exec', 'exec', 'true') }.GetNewClosure()
    }
    try { Measure-Round 'exec true' $actions $Rounds @{ crun = 1; docker = 1 / 8 } -WarmUp 3 }
    finally {
        Remove-Container exec -Force -Confirm:$false
        if ($actions.Contains('crun')) { $null = Invoke-Rival crun @('delete', '--force', 'exec') }
        foreach ($name in @('docker', 'podman').Where({ $actions.Contains($_) })) {
            $null = Invoke-Rival $name (@('rm', '-f') + @($(if ($name -eq 'podman') { '--time', '0' })) + 'exec')
        }
    }
}

# Started in the background one after another: milliseconds for each. The target is a rate: 12 times docker's.
function Measure-Detached {
    $ours = 100
    $theirs = 10
    $actions = [ordered]@{
        containers = {
            $time = Measure-Milliseconds { 1..$ours | ForEach-Object { Invoke-ContainerImage bench -Command sleep, 1000 -Detach -Network none } }
            Get-Container | Remove-Container -Force -Confirm:$false
            $time / $ours
        }
    }
    foreach ($name in @('docker', 'podman').Where({ $Rivals.Contains($_) })) {
        $actions[$name] = {
            $sum = 0
            foreach ($i in 1..$theirs) { $sum += Invoke-Rival $name ((Get-RunOption $name) + @('-d', '--name', "detached$i", 'bench', 'sleep', '1000')) }
            $null = Invoke-Rival $name (@('rm', '-f') + @($(if ($name -eq 'podman') { '--time', '0' })) + (1..$theirs | ForEach-Object { "detached$_" }))
            $sum / $theirs
        }.GetNewClosure()
    }
    Measure-Round 'start detached, each' $actions 3 @{ docker = 1 / 12 } -WarmUp 1
}

# A first process that ends at once when it is asked to.
function Measure-Stop {
    $polite = 'trap "exit 0" TERM; sleep 1000 & wait'
    $actions = [ordered]@{
        containers = {
            $c = Invoke-ContainerImage bench -Command sh, -c, $polite -Detach -Network none
            Start-Sleep -Milliseconds 150
            Measure-Milliseconds { Stop-Container $c.Id }
            $c | Remove-Container -Confirm:$false
        }
    }
    foreach ($name in @('docker', 'podman').Where({ $Rivals.Contains($_) })) {
        $actions[$name] = {
            $null = Invoke-Rival $name ((Get-RunOption $name) + @('-d', '--name', 'stopped', 'bench', 'sh', '-c', $polite))
            Start-Sleep -Milliseconds 150
            Invoke-Rival $name @('stop', 'stopped')
            $null = Invoke-Rival $name @('rm', 'stopped')
        }.GetNewClosure()
    }
    Measure-Round 'stop, TERM handled' $actions ([Math]::Min($Rounds, 15)) @{ docker = 1 / 8 } -WarmUp 2
}

function Get-Pss([int[]] $Id) {
    foreach ($one in $Id) { [double] ((Select-String '^Pss: +(\d+)' "/proc/$one/smaps_rollup").Matches[0].Groups[1].Value) / 1024 }
}

# The process that stays with an idle container: PSS in megabytes (2^20), with 50 of them.
function Measure-Memory {
    $containers = @(1..50 | ForEach-Object { Invoke-ContainerImage bench -Command sleep, 1000 -Detach -Network none })
    Start-Sleep -Seconds 1
    $pss = @(Get-Pss ($containers | Get-Container).MonitorProcessId)
    $containers | Remove-Container -Force -Confirm:$false
    Add-Figure 'memory of a monitor' containers MB $pss $null 0.6
    if ($Rivals.Contains('podman')) {
        $before = @(Get-Process conmon -ErrorAction Ignore | ForEach-Object Id)
        foreach ($i in 1..50) { $null = Invoke-Rival podman ((Get-RunOption podman) + @('-d', '--name', "idle$i", 'bench', 'sleep', '1000')) }
        Start-Sleep -Seconds 1
        $conmon = @(Get-Process conmon | Where-Object Id -NotIn $before | ForEach-Object Id)
        Add-Figure 'memory of a monitor' conmon MB @(Get-Pss $conmon) $null $null
        $null = Invoke-Rival podman @('rm', '--all', '--force', '--time', '0')
    }
}

# A thousand containers that do not run, listed in a warm session, and once in a fresh one.
function Measure-List {
    foreach ($i in 1..1000) { $null = New-Container bench -Name "list$i" -Command true -Network none }
    Measure-Round 'list 1000' ([ordered]@{
        containers = { Measure-Milliseconds { if (@(Get-Container).Count -ne 1000) { throw 'A container is missing from the list.' } } }
    }) $Rounds @{ containers = 30 } -WarmUp 5
    $fresh = pwsh -NoProfile -NonInteractive -Command "Import-Module '$((Resolve-Path $Module).Path)'; Get-ContainerHost | Out-Null; (Measure-Command { Get-Container }).TotalMilliseconds"
    Add-Figure 'list 1000, first time' containers ms @([double] $fresh) $null $null
    Get-Container | Remove-Container -Confirm:$false
}

# 200 MB in lines of 100 bytes, in the background, into the log; then read back line by line.
# 100 running containers, from the call to all the numbers: two readings and the tenth of a second between them. On a bridge, so that each has counters of a network.
function Measure-Stats {
    foreach ($i in 1..100) { $null = Invoke-ContainerImage bench -Name "stats$i" -Command sleep, 1000 -Detach -Network bridge }
    Measure-Round 'statistics of 100' ([ordered]@{
        containers = { Measure-Milliseconds { if (@(Measure-Container).Count -ne 100) { throw 'A container was not measured.' } } }
    }) $Rounds @{ containers = 200 } -WarmUp 3
    Get-Container | Remove-Container -Force -Confirm:$false
}

# A tree of 300 MB, 3000 files, into a running container and out of it again. What was made is removed between the rounds.
function Measure-Copy {
    $tree = New-Item -ItemType Directory -Path "$work/tree"
    $content = [byte[]]::new(100KB)
    [Random]::new(1).NextBytes($content)
    foreach ($folder in 1..30) {
        $null = New-Item -ItemType Directory -Path "$tree/$folder"
        foreach ($file in 1..100) { [IO.File]::WriteAllBytes("$tree/$folder/$file", $content) }
    }
    $null = Invoke-ContainerImage bench -Name copy -Command sleep, 1000 -Detach -Network none
    $in = [ordered]@{
        containers = {
            Invoke-ContainerCommand copy busybox rm -rf /in
            Measure-Milliseconds { Copy-ContainerFile "$work/tree" copy:/in }
        }
    }
    $out = [ordered]@{
        containers = {
            Remove-Item -Recurse -Force "$work/out-of" -ErrorAction Ignore
            Measure-Milliseconds { Copy-ContainerFile copy:/in "$work/out-of" }
        }
    }
    foreach ($name in @('docker', 'podman').Where({ $Rivals.Contains($_) })) {
        $null = Invoke-Rival $name ((Get-RunOption $name) + @('-d', '--name', 'copy', 'bench', 'sleep', '1000'))
        $in[$name] = {
            $null = Invoke-Rival $name @('exec', 'copy', 'busybox', 'rm', '-rf', '/in')
            Invoke-Rival $name @('cp', "$work/tree", 'copy:/in')
        }.GetNewClosure()
        $out[$name] = {
            Remove-Item -Recurse -Force "$work/out-of-$name" -ErrorAction Ignore
            Invoke-Rival $name @('cp', 'copy:/in', "$work/out-of-$name")
        }.GetNewClosure()
    }
    try {
        Measure-Round 'copy 300 MB in' $in 5 @{ docker = 1 } -WarmUp 1
        Measure-Round 'copy 300 MB out' $out 5 @{ docker = 1 } -WarmUp 1
    }
    finally {
        Remove-Container copy -Force -Confirm:$false
        foreach ($name in @('docker', 'podman').Where({ $in.Contains($_) })) {
            $null = Invoke-Rival $name (@('rm', '-f') + @($(if ($name -eq 'podman') { '--time', '0' })) + 'copy')
        }
    }
}

function Measure-Log {
    $bytes = 200MB
    $line = 'y' * 99
    $program = "yes $line | head -c $bytes"
    $script:logged = $null
    $write = [ordered]@{
        containers = {
            if ($script:logged) { $script:logged | Remove-Container -Confirm:$false }
            Measure-Milliseconds {
                $script:logged = Invoke-ContainerImage bench -Command sh, -c, $program -Detach -Network none -LogMaximumSize 1GB
                $script:logged | Wait-Container
            }
        }
    }
    # Every line as a string, then forgotten: what the others do when their output goes to /dev/null.
    $read = [ordered]@{ containers = { Measure-Milliseconds { Get-ContainerLog $script:logged.Id -Raw > $null } } }
    foreach ($name in @('podman', 'docker').Where({ $Rivals.Contains($_) })) {
        $option = if ($name -eq 'podman') { '--log-driver=k8s-file' } else { '--log-driver=json-file' }
        $write[$name] = {
            try { $null = Invoke-Rival $name @('rm', '-f', 'logged') } catch { Write-Verbose 'the first round has none' }
            (Invoke-Rival $name ((Get-RunOption $name) + @('-d', $option, '--name', 'logged', 'bench', 'sh', '-c', $program))) + (Invoke-Rival $name @('wait', 'logged'))
        }.GetNewClosure()
        $read[$name] = { Invoke-Rival $name @('logs', 'logged') '/dev/null' }.GetNewClosure()
    }
    Measure-Round 'log 200 MB, write' $write 3 @{ podman = 1 } -WarmUp 0
    Measure-Round 'log 200 MB, read' $read 3 @{ podman = 1 / 8 } -WarmUp 0

    # Counted by a cmdlet, next to as many numbers counted by it: what the pipeline takes for an object is PowerShell's.
    $lines = [long] [Math]::Floor($bytes / 100)
    Measure-Round 'log 200 MB, count' ([ordered]@{
        containers = {
            Measure-Milliseconds {
                $counted = (Get-ContainerLog $script:logged.Id -Raw | Measure-Object).Count
                if ($counted -lt $lines) { throw "The log has $counted lines, not $lines." }
            }
        }
        'pwsh alone' = { Measure-Milliseconds { (1..$lines | Measure-Object).Count } }
    }) 3 @{} -WarmUp 1
    $script:logged | Remove-Container -Confirm:$false
}

# What the import adds to the start of pwsh.
function Measure-Import {
    $path = (Resolve-Path $Module).Path
    $without = [string[]] @('pwsh', '-NoProfile', '-NonInteractive', '-Command', '1')
    $with = [string[]] @('pwsh', '-NoProfile', '-NonInteractive', '-Command', "Import-Module '$path'; 1")
    $processor = [Collections.Generic.List[double]]::new()
    Measure-Round 'Import-Module, added' ([ordered]@{
        containers = {
            $all = [Containers.Bench.Spawn]::Run('/dev/null', $with)
            $used = [Containers.Bench.Spawn]::Processor
            $all - [Containers.Bench.Spawn]::Run('/dev/null', $without)
            $processor.Add($used - [Containers.Bench.Spawn]::Processor)
        }
    }) ([Math]::Min($Rounds, 15)) @{ containers = 150 } -WarmUp 2
    # On a busy machine the time is mostly waiting; this is not.
    Add-Figure 'the same, processor' containers ms $processor.ToArray() $null $null
}
