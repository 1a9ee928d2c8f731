suppressMessages({library(lavaan);library(semTools);library(psych);library(jsonlite)})
FM <- c("npar","fmin","chisq","df","pvalue","baseline.chisq","baseline.df","cfi","tli","nnfi","rfi","nfi","ifi","rni","logl","unrestricted.logl","aic","bic","bic2","ntotal","rmsea","rmsea.ci.lower","rmsea.ci.upper","rmsea.pvalue","srmr","rmr","gfi","agfi","mfi","ecvi",
"chisq.scaled","df.scaled","pvalue.scaled","chisq.scaling.factor","cfi.scaled","tli.scaled","rmsea.scaled","rmsea.ci.lower.scaled","rmsea.ci.upper.scaled","cfi.robust","tli.robust","rmsea.robust","rmsea.ci.lower.robust","rmsea.ci.upper.robust","baseline.chisq.scaled","baseline.df.scaled","baseline.chisq.scaling.factor","scaling.factor.h1","scaling.factor.h0")
num <- function(x) { x<-as.list(x); lapply(x,function(v) if(is.na(v)) NULL else unname(as.numeric(v))) }
runcase <- function(id, datafile, model, fun="sem", ..., mi=FALSE, note="") {
  d <- read.csv(file.path("../data",datafile)); args <- list(...)
  a <- c(list(model=model,data=d),args); if(fun=="growth") a$meanstructure<-TRUE
  f <- suppressWarnings(do.call(fun,a))
  all <- fitMeasures(f); fm <- all[names(all) %in% FM]
  pe <- parameterEstimates(f,standardized=TRUE,remove.nonfree=FALSE)
  keep <- intersect(c("lhs","op","rhs","block","group","label","est","se","z","pvalue","ci.lower","ci.upper","std.lv","std.all"),names(pe))
  o <- list(id=id,data=datafile,model=model,call=fun,options=args,note=note,lavaan=as.character(packageVersion("lavaan")),
    group_labels=lavInspect(f,"group.label"),nobs=as.list(lavInspect(f,"nobs")),measures=num(fm),parameters=as.data.frame(unclass(pe))[keep])
  r2 <- tryCatch(lavInspect(f,"rsquare"),error=function(e)NULL); if(!is.null(r2)) o$rsquare <- if(is.list(r2)) lapply(r2,as.list) else as.list(r2)
  if(mi){ m<-modificationIndices(f,sort.=TRUE); o$modification_indices <- head(as.data.frame(unclass(m))[c("lhs","op","rhs",intersect("group",names(m)),"mi","epc","sepc.all")],15)}
  o
}
out <- function(x,f) write(toJSON(x,auto_unbox=TRUE,digits=10,na="null",null="null",dataframe="rows",pretty=TRUE),f)
